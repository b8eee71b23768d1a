# SPDX-License-Identifier: Apache-2.0
# Days that are played and compared: sourced with B set, from the top of the tree.
export PYTHONDONTWRITEBYTECODE=1 # nothing beside our files

day_bed() { # FOLDER: keys and a roster, for any number of days
	mkdir -p "$1/run" "$1/store"
	"$B/bin/virtual-hub" init "$1/keys" walker || return 1
	printf '[%s]\n%s\n' site "id = walker" store "directory = $1/store" keys "directory = $1/keys" \
		run "directory = $1/run" >"$1/site.conf"
	{ cat "$1/site.conf"; printf '[door]\nid = front\n'; } >"$1/door.conf"
	"$B/bin/tapin-door" --config "$1/door.conf" --import tests/virtual/roster.json
}

day_make() { # BED scripted|SEED: its inputs, in BED/NAME
	tests/day/days.py "$2" "$1/$2" && cat "$1/site.conf" "$1/$2/door.wiring" >"$1/$2/door.conf"
}

day_compare() { # BED scripted|SEED PLAYER: against what must have been
	"$3" "$1/$2/door.conf" "$1/$2/inputs" >"$1/$2/trace" 2>"$1/$2/log" || { tail -n 5 "$1/$2/log"; return 1; }
	! grep -E "runtime error|Sanitizer" "$1/$2/log" && tests/day/reference.py "$1/$2"
}
