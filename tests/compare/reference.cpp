// SPDX-License-Identifier: Apache-2.0
// KDE's KOpeningHours as a reference; speaks as reference.mjs does.
#include <KOpeningHours/Interval>
#include <KOpeningHours/OpeningHours>
#include <QCoreApplication>
#include <QDateTime>
#include <QTimeZone>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

using namespace KOpeningHours;
using Clock = std::chrono::steady_clock;

static const QTimeZone london("Europe/London");
static int moments; // as in reference.mjs
static long long parse_ns, run_ns, ask_ns, runs;
static volatile long long asked_open;

static qint64 minutes(const QDateTime &when, qint64 zero)
{
	return (when.toSecsSinceEpoch() - zero) / 60;
}

// Open intervals of a year, merged; false where the library gives up.
static bool evaluate(
	const OpeningHours &hours, int year, std::vector<std::pair<qint64, qint64>> &open)
{
	const QDateTime from(QDate(year, 1, 1), QTime(0, 0), london),
		to(QDate(year + 1, 1, 1), QTime(0, 0), london);
	const qint64 zero = QDateTime(QDate(year, 1, 1), QTime(0, 0), Qt::UTC).toSecsSinceEpoch();
	Interval interval = hours.interval(from);

	for (int steps = 0; interval.isValid() && steps < 100000; steps++) {
		const qint64 start = interval.hasOpenBegin() || interval.begin() < from
					     ? minutes(from, zero)
					     : minutes(interval.begin(), zero);
		const bool last = interval.hasOpenEnd() || interval.end() >= to;
		const qint64 end = last ? minutes(to, zero) : minutes(interval.end(), zero);

		if (interval.state() == Interval::Open && end > start) {
			if (!open.empty() && open.back().second >= start)
				open.back().second = std::max(end, open.back().second);
			else
				open.emplace_back(start, end);
		}
		if (last)
			return true;
		interval = hours.nextInterval(interval);
	}
	return hours.error() == OpeningHours::NoError;
}

static void answer(int year, const std::string &text)
{
	static const char *const errors[] = {"no expression", "", "syntax", "missing region",
		"missing location", "incompatible mode", "unsupported", "evaluation failed"};
	std::vector<std::pair<qint64, qint64>> open;
	const QDateTime from(QDate(year, 1, 1), QTime(0, 0), london);
	const auto t0 = Clock::now();
	OpeningHours hours(QByteArray::fromStdString(text));

	hours.setTimeZone(london);
	hours.setRegion(QStringLiteral("GB-ENG"));
	if (hours.error() != OpeningHours::NoError) {
		std::cout << "{\"error\":\"" << errors[hours.error()] << "\"}\n";
		return;
	}
	const auto t1 = Clock::now();
	const bool done = evaluate(hours, year, open);
	const auto t2 = Clock::now();
	if (!done) {
		std::cout << "{\"error\":\"" << errors[OpeningHours::EvaluationError] << "\"}\n";
		return;
	}
	for (int i = 0; i < moments; i++)
		asked_open =
			asked_open + (hours.interval(from.addSecs(qint64(i) * (86400 * 365 / moments + 1740))).state() ==
					     Interval::Open);
	ask_ns += std::chrono::nanoseconds(Clock::now() - t2).count();
	parse_ns += std::chrono::nanoseconds(t1 - t0).count();
	run_ns += std::chrono::nanoseconds(t2 - t1).count();
	runs++;
	std::cout << "{\"open\":[";
	for (size_t i = 0; i < open.size(); i++)
		std::cout << (i ? ",[" : "[") << open[i].first << ',' << open[i].second << ']';
	std::cout << "]}\n";
}

int main(int argc, char **argv)
{
	QCoreApplication application(argc, argv);
	std::string line;

	moments = argc > 1 ? std::stoi(argv[1]) : 0;
	std::ios::sync_with_stdio(false);
	while (std::getline(std::cin, line)) {
		const size_t tab = line.find('\t');

		answer(std::stoi(line), tab == std::string::npos ? "" : line.substr(tab + 1));
		std::cout.flush(); // an expression that hangs must not take the answers before it along
	}
	if (runs)
		fprintf(stderr, "%lld %lld %lld\n", parse_ns / runs, run_ns / runs,
			ask_ns / runs / std::max(1, moments));
}
