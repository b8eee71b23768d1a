# SPDX-License-Identifier: Apache-2.0
# A whole door in $work for the system tests: broker, virtual hardware, tapin-door, tapin-reader, collector.
#   source lib.sh; source doorlib.sh; door_setup; broker_up; machine_up; hub_up; door_up; reader_up
# Programs restart only when a test does it. Their output is in $work/NAME.log.
DOOR_BIN=${DOOR_BIN:-$B/bin/tapin-door}

door_setup() { # extra lines of door.conf on standard input
	mkdir -p "$work/run" "$work/store"
	"$B/bin/virtual-hub" init "$work/keys" walker >"$work/init.log" 2>&1 || return 1
	port=${port:-1}
	cat >"$work/door.conf" <<-EOT
		[site]
		id = walker
		[wiring]
		strike = GPIO17
		green = GPIO22
		red = GPIO23
		buzzer = GPIO24
		exit = GPIO5 active-low pull-up
		contact = GPIO6 active-low pull-up
		[reader]
		socket = $work/reader.sock
		[mqtt]
		host = ${mqtt_host:-127.0.0.1}
		port = $port
		[store]
		directory = ${store:-$work/store}
		[keys]
		directory = $work/keys
		[run]
		directory = $work/run
		[clock]
		trust = assume
		[door]
		id = front
		release_ms = ${release_ms:-1000}
		release_max_ms = 10000
	EOT
	"$DOOR_BIN" --config "$work/door.conf" --import "${roster:-tests/virtual/roster.json}" >"$work/import.log" 2>&1
}

broker_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

broker_up() {
	port=${port:-$(free_port)}
	printf 'listener %s 127.0.0.1\nuser %s\nallow_anonymous true\nmax_queued_messages 0\n' "$port" "$(id -un)" >"$work/mosquitto.conf"
	start broker "$(command -v mosquitto || echo /usr/sbin/mosquitto)" -c "$work/mosquitto.conf"
	until_true 20 broker_answers
}

preloaded() {
	env VIRTUAL_GPIO="$work/hw/gpio.sock" \
		LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" "$@"
}

door_says() { grep -q "$1" "$work/door.log"; }

door_up() {
	: >"$work/door.log"
	start door env VIRTUAL_GPIO="$work/hw/gpio.sock" \
		LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" \
		"$DOOR_BIN" --config "$work/door.conf" "$@"
	until_true $((30 * slow)) door_says "is ready"
}

door_relock() { preloaded "$DOOR_BIN" --config "$work/door.conf" --relock; }

reader_up() {
	start reader "$B/bin/tapin-reader" --device "pn532_uart:$work/hw/reader" --socket "$work/reader.sock" --lock-dir "$work"
	until_true $((30 * slow)) door_says "reader: ok"
}

hub_up() { # extra options of virtual-hub collect
	: >>"$work/hub.log"
	start hub "$B/bin/virtual-hub" collect --dir "$work/keys" --door-key "$work/keys/door.pub" --site walker \
		--door front --port "$port" --store "$work/collected" "$@"
}

hub_says() { grep -q "$1" "$work/hub.log"; }

# level NAME: 0 or 1, of the line that virtual-door's log calls so
last_of() { vdoor log | awk -v n="$1" '$3 == "line" && $6 == n { s = $7 } END { print s }'; }
strike_is() { [ "$(last_of strike)" = "$1" ]; }

# events FROM TEXT: how often the machine's log has TEXT since event FROM
events() { vdoor log --since "$1" | grep -c "$2"; }
happened() { (($(events "$1" "$2") > 0)); }

# the number of the newest event of the machine's log
mark() { vdoor log | awk 'END { print $1 + 1 }'; }

everything_up() {
	broker_up && machine_up "$@" && door_setup && hub_up && until_true 5 hub_says connected && door_up && reader_up
}

# shows OUTPUT "ON OFF ON ...": a whole turn of these times in ms is in the machine's log, since now or since mark $from
shows() { until_true 12 turn_soon "${from:-$(mark)}" "$1" "$2" || { turns "${from:-1}" "$1" | tail -n 40 | paste -sd' '; return 1; }; }
turns() { # SINCE OUTPUT: its times on, off, on …
	vdoor log --since "$1" | awk -v n="$2" '$3 == "line" && $6 == n && (last || $7 == "on") {
		if (last) printf "%d\n", ($2 - last) / 1e6; last = $2 }'
}
turn_soon() { turn "$@" || { sleep 0.08; false; }; } # the log is long
turn() { # SINCE OUTPUT TIMES
	turns "$1" "$2" | awk -v want="$3" -v slack=$((15 + 15 * slow)) '{ t[NR] = $1 } END { n = split(want, w, " ")
		for (i = 0; i + n <= NR; i += 2) {
			for (j = 1; j <= n && t[i + j] - w[j] <= slack && w[j] - t[i + j] <= slack; j++);
			if (j > n) exit 0
		}
		exit 1 }'
}

# the retained status, and what the live feed said since live_up
status_is() { # PATTERN
	timeout 5 mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/status -C 1 | grep -c "$1" >/dev/null
}
live_up() { start live mosquitto_sub -h 127.0.0.1 -p "$port" -t tapin/walker/door/front/live; }
live_has() { grep -c "\"class\":\"$1\",\"what\":\"$2\"" "$work/live.log" >/dev/null; } # CLASS WHAT
