#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sessions that end or change under an open page, a certificate about to end, and a hub that stops and starts:
# tests/web/session.mjs, away.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"

certificate() { # NAME DAYS
	openssl req -new -key "$work/https.key" -subj "/CN=$1" -out "$work/$1.csr" &&
		openssl x509 -req -in "$work/$1.csr" -signkey "$work/https.key" -days "$2" -out "$work/$1.pem"
} 2>/dev/null
web_fill() { # HTTPS by a certificate that is given and good for five days; others are at hand
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/https.key" && chmod 600 "$work/https.key" &&
		certificate https 5 && certificate fresh 100 && certificate over -1 &&
		sed -i "s#^\[hub\]#&\nlisten = 127.0.0.1:$(free_port)\ncert_file = $work/https.pem\nkey_file = $work/https.key#" \
			"$work/hub.conf"
}
web_needs session away
check "a site with a page starts" web_up
((tap_failed == 0)) || finish
web_run session
PID_HUB=$pid_hub web_run away
finish
