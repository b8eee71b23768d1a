#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds our opening hours against opening_hours.js and KOpeningHours, over a year for each expression.

  compare.py [--check] [--recorded] [--live] [--count N] [--seed S] [--record] [--show NAME] [--bench]

  --check      --recorded, and --live with fewer generated ones where both references are there
  --recorded   ours against tests/compare/recorded.tsv; needs neither reference
  --live       the fixed list (expressions.txt) and COUNT generated ones against both references
  --record     writes recorded.tsv from a live run in which everything is settled
  --show NAME  prints each case of a class, or of "unsettled"
  --bench      nanoseconds of all three on the same expressions

A case is settled when each reference gives our answer, or differs in a way that classes.py names. Prints TAP.
Programs: $B/tests/answers, build/compare (deploy/compare.mk)."""
import argparse
import collections
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import classes   # noqa: E402
import generate  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('B', 'build/release')
PROGRAMS = {
    'ours': [f'{BUILD}/tests/answers'],
    'js': ['node', 'tests/compare/reference.mjs', 'build/compare'],
    'kde': ['build/compare/reference'],
}
TIMEOUT = 60  # seconds without an answer: a program that hangs has none


CHECK_COUNT = 200  # generated expressions in make check: a few seconds


def absent():
    """What is missing for a live run, and what brings it."""
    return [f'{path} (deploy/install-deps compare, make references)' for path in
            ('build/compare/node_modules/opening_hours', 'build/compare/reference') if not os.path.exists(path)]


def year_of(text):
    """The year an expression names, or one of 2020 to 2031 chosen from its text."""
    named = re.search(r'\b20[0-9][0-9]\b', re.sub('"[^"]*"', '', text))
    return int(named.group()) if named else 2020 + zlib.crc32(text.encode()) % 12


def fixed_list():
    with open(f'{HERE}/expressions.txt', encoding='utf-8') as lines:
        return [line.rstrip('\n') for line in lines if line.strip() and not line.startswith('#')]


def ask_once(command, cases, answers):
    """Appends an answer for each case; one more for the case that the program broke off at."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, 'TZ': 'Europe/London'}, cwd=ROOT)
    watchdog = threading.Timer(TIMEOUT, process.kill)
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read().decode(errors='replace')))
    writer = threading.Thread(target=feed, args=(process.stdin, cases))
    for thread in (watchdog, reader, writer):
        thread.start()
    before = len(answers)
    for line in process.stdout:
        watchdog.cancel()
        if line.endswith(b'\n'):
            answers.append(json.loads(line))
        watchdog = threading.Timer(TIMEOUT, process.kill)
        watchdog.start()
    watchdog.cancel()
    process.wait()
    for thread in (reader, writer):
        thread.join()
    if len(answers) - before < len(cases):
        answers.append({'error': 'broke off'})
    return errors[0]


def feed(pipe, cases):
    try:
        pipe.write(''.join(f'{year}\t{text}\n' for year, text in cases).encode())
        pipe.close()
    except BrokenPipeError:
        pass


def ask(name, cases, moments=0):
    answers, said = [], ''
    while len(answers) < len(cases):
        said = ask_once(PROGRAMS[name] + [str(moments)] * bool(moments), cases[len(answers):], answers)
    return answers, said


def ask_all(names, cases, moments=0):
    out = {}

    def run(name):
        out[name] = ask(name, cases, moments)
    threads = [threading.Thread(target=run, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out


def fingerprint(answer):
    if 'error' in answer:
        return 'refused'
    return hashlib.sha256(json.dumps(answer['open'], separators=(',', ':')).encode()).hexdigest()[:12]


class Judge:
    """Settles cases, counts classes, keeps what is unsettled."""

    def __init__(self, show):
        self.show = show
        self.counts = collections.Counter()
        self.unsettled = []

    def settle(self, year, text, answers):
        """'both', or the names of the classes, one for each reference that differs; None: unsettled."""
        case = classes.Case(year, text, answers)
        if 'DIFFERS' in answers['ours'].get('error', ''):
            return self.give_up(case, 'ours', None)
        names = []
        for reference in ('js', 'kde'):
            if case.agrees(reference):
                continue
            found, piece, settled = classes.find(case, reference)
            if not settled:
                return self.give_up(case, reference, piece)
            names += [f'{reference}:{name}' for name in sorted(found)]
            if self.show in found:
                print(f'# {year} {text}: {case.explain(reference)}')
        for name in names or ['both']:
            self.counts[name] += 1
        return ' '.join(names) or 'both'

    def give_up(self, case, reference, piece):
        self.unsettled.append(f'{case.year} {case.text}: {case.explain(reference, piece)}')
        return None


def report(number, name, problems, limit=20):
    print(f'{"not ok" if problems else "ok"} {number} - {name}')
    for problem in problems[:limit]:
        print('#  ', problem)
    if len(problems) > limit:
        print(f'#   and {len(problems) - limit} more')
    return not problems


def recorded(number):
    problems, lines, texts = [], [], fixed_list()
    with open(f'{HERE}/recorded.tsv', encoding='utf-8') as file:
        lines = [line.rstrip('\n').split('\t') for line in file if not line.startswith('#')]
    if [line[-1] for line in lines] != texts:
        problems.append('expressions.txt and recorded.tsv do not hold the same expressions: make record')
    answers, _ = ask('ours', [(int(line[0]), line[-1]) for line in lines])
    for line, answer in zip(lines, answers):
        if fingerprint(answer) != line[1]:
            problems.append(f'{line[0]} {line[-1]}: the recorded answer was another ({line[4]})')
    return report(number, f'{len(lines)} recorded answers are still ours', problems)


def planted(number, cases, answers):
    """Classes that explained anything would prove nothing: an interval that our answer lacks must be noticed."""
    tried, unnoticed = 0, []
    for i, (year, text) in enumerate(cases):
        three = {key: answers[key][i] for key in PROGRAMS}
        if not three['ours'].get('open') or any(three[key] != three['ours'] for key in PROGRAMS):
            continue
        lost = zlib.crc32(text.encode()) % len(three['ours']['open'])
        three['ours'] = {'open': three['ours']['open'][:lost] + three['ours']['open'][lost + 1:]}
        case = classes.Case(year, text, three)
        tried += 1
        if all(classes.find(case, reference)[2] for reference in ('js', 'kde')):
            unnoticed.append(f'{year} {text}: {case.explain("js")}')
    few = len(unnoticed) * 50 <= tried  # a night or a holiday that a class is about
    return report(number, f'{tried - len(unnoticed)} of {tried} planted mistakes are noticed', [] if few else unnoticed)


def live(number, name, texts, judge, record=None):
    cases = [(year_of(text), text) for text in texts]
    answers = {key: value[0] for key, value in ask_all(PROGRAMS, cases).items()}
    judge.counts.clear()
    judge.unsettled = []
    judge.heard = cases, answers
    for i, (year, text) in enumerate(cases):
        three = {key: answers[key][i] for key in PROGRAMS}
        verdict = judge.settle(year, text, three)
        if record is not None:
            record.append([str(year)] + [fingerprint(three[key]) for key in PROGRAMS] + [verdict or '?', text])
    fine = report(number, name, judge.unsettled, 1000 if judge.show == 'unsettled' else 20)
    for verdict, count in judge.counts.most_common():
        print(f'#   {count:5} {verdict}')
    return fine


def bench():
    texts = fixed_list()
    cases = [(year_of(text), text) for text in texts]
    answers = {name: ask(name, cases)[0] for name in PROGRAMS}
    kept = [case for i, case in enumerate(cases) if all('open' in answers[name][i] for name in PROGRAMS)]
    print(f'{len(kept)} expressions that all three understand, in ns: to compile one, to evaluate a year of it, '
          'to tell whether it is open at one moment')
    for name in PROGRAMS:
        figures = ask(name, kept, 100)[1].strip().split('\n')[-1].split()
        print(f'{name:5}', *(f'{int(figure):>12,}' for figure in figures))


def main():
    options = argparse.ArgumentParser(add_help=False, usage=__doc__)
    for name in ('--check', '--recorded', '--live', '--record', '--bench', '--help'):
        options.add_argument(name, action='store_true')
    options.add_argument('--count', type=int)
    options.add_argument('--seed', type=int, default=int(os.environ.get('SEED', 20261122)))
    options.add_argument('--show')
    given = options.parse_args()
    os.chdir(ROOT)
    if given.help or not (given.check or given.recorded or given.live or given.record or given.bench):
        sys.exit(__doc__)
    missing = absent()
    if given.count is None:
        given.count = int(os.environ.get('COUNT', CHECK_COUNT if given.check else 2000))
    if given.check:
        given.recorded, given.live = True, not missing
    if missing and (given.live or given.record or given.bench):
        sys.exit('compare.py: missing ' + '; '.join(missing))
    if given.bench:
        return bench()
    fine, number = True, 0
    if given.recorded:
        number += 1
        fine &= recorded(number)
    if given.live or given.record:
        judge, rows = Judge(given.show), [] if given.record else None
        texts = fixed_list()
        number += 1
        fine &= live(number, f'{len(texts)} written expressions agree or are settled', texts, judge, rows)
        number += 1
        fine &= planted(number, *judge.heard)
        if given.count and not given.record:
            generator = generate.Generator(given.seed)
            texts = [generator.expression() for _ in range(given.count)]
            number += 1
            fine &= live(number, f'{len(texts)} generated expressions agree or are settled (SEED={given.seed})',
                         texts, judge)
        if rows and fine:
            with open(f'{HERE}/recorded.tsv', 'w', encoding='utf-8') as file:
                file.write('# SPDX-License-Identifier: Apache-2.0\n# What make record wrote: year, fingerprints of our '
                           'answer, of opening_hours.js and of KOpeningHours, verdict, expression.\n')
                file.writelines('\t'.join(row) + '\n' for row in rows)
    if given.check and missing:
        number += 1
        print(f'ok {number} - live against both references # SKIP {"; ".join(missing)}')
    print(f'1..{number}')
    return sys.exit(0 if fine else 1)


if __name__ == '__main__':
    main()
