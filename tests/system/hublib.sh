# SPDX-License-Identifier: Apache-2.0
# A whole site in $work for the system tests: broker with its real accounts, tapin-hub, and doors with virtual hardware.
# With page_port set, page and API are on http://127.0.0.1:$page_port too; web= is the page's directory; with
# panel_port set, it says that virtual doors are shown there.
#   source lib.sh; source hublib.sh; hub_real_up; for d in front back; do site_door_add $d; done; site_door_up front back
# A door D lives in $work/D, its programs are started as door_D, machine_D and reader_D, their output in $work/*.log.
HUB_BIN=${HUB_BIN:-$B/bin/tapin-hub}
SITE_DOOR_BIN=${SITE_DOOR_BIN:-$B/bin/tapin-door}

hub_conf() {
	cat >"$work/hub.conf" <<-EOT
		[site]
		id = walker
		[hub]
		socket = $work/hub.sock
		web = ${web:-$PWD/controller/web}
		${page_port:+address = 127.0.0.1}
		${page_port:+port = $page_port}
		${panel_port:+demo = http://127.0.0.1:$panel_port/}
		[mqtt]
		port = $port
		username = tapin-hub
		password_file = $work/hub-mqtt.password
		[store]
		directory = $work/hub
		[keys]
		directory = $work/hub-keys
	EOT
}

# The configuration that people are given, on a port and with files of our own.
site_broker_conf() {
	local plugin
	plugin=$(ls /usr/lib/*/mosquitto_dynamic_security.so | head -n 1)
	sed -e "s#^listener 1883 .*#listener $port 127.0.0.1#" -e "s#^plugin .*#plugin $plugin#" \
		-e "s#^plugin_opt_config_file .*#plugin_opt_config_file $work/dynsec.json#" \
		-e '/^autosave_interval/d' deploy/mosquitto/tapin.conf >"$work/mosquitto.conf"
	printf 'user %s\npersistence_location %s/\n' "$(id -un)" "$work/broker" >>"$work/mosquitto.conf"
	mkdir -p "$work/broker"
}

site_broker_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

site_broker_up() {
	start broker "$(command -v mosquitto || echo /usr/sbin/mosquitto)" -c "$work/mosquitto.conf"
	until_true 20 site_broker_answers
}

hub_init() {
	port=${port:-$(free_port)}
	hub_conf
	mkdir -p "$work/hub" "$work/hub-keys"
	chmod 700 "$work/hub" "$work/hub-keys"
	"$HUB_BIN" --config "$work/hub.conf" --init >"$work/init.log" 2>&1 || return 1
	site_broker_conf
	deploy/mosquitto/init --user tapin-hub --password-file "$work/hub-mqtt.password" --output "$work/dynsec.json" \
		>>"$work/init.log" 2>&1
}

# hub_log_has TEXT: since the hub's last start
hub_log_has() { [ "$(tail -n "+${hub_from:-1}" "$work/hub.log" | grep -c "$1")" != 0 ]; }

hub_start() {
	touch "$work/hub.log"
	hub_from=$(($(wc -l <"$work/hub.log") + 1))
	start hub "$HUB_BIN" --config "$work/hub.conf" "$@"
	until_true $((30 * slow)) hub_log_has "is ready"
}

hub_real_up() {
	hub_init && site_broker_up && hub_start && until_true $((20 * slow)) hub_log_has "mqtt: connected"
}

# api METHOD PATH [JSON]: prints the answer; true when it is a 2xx
api() {
	local code
	code=$(curl -s --max-time 20 --unix-socket "$work/hub.sock" -X "$1" ${3:+-H 'Content-Type: application/json' -d "$3"} \
		-o "$work/api.out" -w '%{http_code}' "http://hub/api/v1$2") || return 1
	cat "$work/api.out"
	[[ $code == 2* ]] || { echo " ($1 $2: $code)"; return 1; }
}

# get FILTER PATH: one value of an answer
get() { api GET "$2" >"$work/get.out" && jq -r "$1" "$work/get.out"; }

# make FILTER PATH JSON: posts and prints one value of what came of it
make_thing() { api POST "$2" "$3" >"$work/make.out" || { cat "$work/make.out" >&2; return 1; }; jq -r "$1" "$work/make.out"; }

door_conf() { # NAME
	mkdir -p "$work/$1/run" "$work/$1/store"
	cat >"$work/$1/door.conf" <<-EOT
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
		socket = $work/$1/reader.sock
		[mqtt]
		host = 127.0.0.1
		port = $port
		[store]
		directory = $work/$1/store
		[keys]
		directory = $work/$1/keys
		[run]
		directory = $work/$1/run
		[clock]
		trust = assume
		[door]
		id = $1
		release_ms = ${release_ms:-1000}
	EOT
}

site_door_provision() { # NAME
	make_thing .text "/doors/$1/bundle" "" >"$work/$1.bundle" || return 1
	"$SITE_DOOR_BIN" --config "$work/$1/door.conf" --provision "$work/$1.bundle" >"$work/$1.provision.log" 2>&1
}

# site_door_add NAME: registers, configures and provisions it
site_door_add() {
	api POST /doors "{\"name\": \"$1\"}" >/dev/null && door_conf "$1" && site_door_provision "$1"
}

# site_log_has NAME TEXT: in the door's log since its last start
site_log_has() {
	local from="from_$1"
	[ "$(tail -n "+${!from:-1}" "$work/door_$1.log" | grep -c "$2")" != 0 ]
}

site_door_start() { # NAME [OPTION]...
	local name=$1
	shift
	touch "$work/door_$name.log"
	printf -v "from_$name" %s $(($(wc -l <"$work/door_$name.log") + 1))
	start "door_$name" env VIRTUAL_GPIO="$work/$name/hw/gpio.sock" LD_PRELOAD="$PWD/$B/bin/libvirtual-gpio.so" \
		"$SITE_DOOR_BIN" --config "$work/$name/door.conf" "$@"
	until_true $((30 * slow)) site_log_has "$name" "is ready"
}

site_machine_up() { # NAME
	start "machine_$1" "$B/bin/virtual-machine" --dir "$work/$1/hw" --cards tests/virtual/cards.ini --no-timing
	until_true 20 test -e "$work/$1/hw/reader"
}

site_reader_up() { # NAME...: each takes a second to be believed, several the same one
	local d
	for d; do
		start "reader_$d" "$B/bin/tapin-reader" --device "pn532_uart:$work/$d/hw/reader" --socket "$work/$d/reader.sock" \
			--lock-dir "$work/$d"
	done
	for d; do until_true $((30 * slow)) site_log_has "$d" "reader: ok" || return 1; done
}

site_door_up() { # NAME...
	local d
	for d; do site_machine_up "$d" && site_door_start "$d" || return 1; done
	site_reader_up "$@"
}

at() { # NAME COMMAND...: of its virtual hardware
	local name=$1
	shift
	"$B/bin/virtual-door" --socket "$work/$name/hw/control.sock" "$@"
}
strike_of() { at "$1" log | awk '$3 == "line" && $6 == "strike" { s = $7 } END { print s }'; }
strike_of_is() { [ "$(strike_of "$1")" = "$2" ]; }

# newest FILTER of the hub's log of a door
newest_of() { get "[.items[] | select($2)][0] // empty | $3" "/log?door=$1&limit=50"; }
log_count() { get "[.items[] | select($2)] | length" "/log?door=$1&limit=500"; }

confirmed() { [ "$(get .confirmed "/doors/$1")" = true ]; }
online_is() { [ "$(get .online "/doors/$1")" = "$2" ]; }
