#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# A broker on another machine: TLS with an authority of one's own, which bundles carry to the doors.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"

certificates() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tapin-ca -keyout "$work/ca.key" -out "$work/ca.pem" &&
		openssl req -newkey rsa:2048 -nodes -subj /CN=broker -keyout "$work/broker.key" -out "$work/broker.csr" &&
		openssl x509 -req -in "$work/broker.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
			-extfile <(echo subjectAltName=IP:127.0.0.1) -out "$work/broker.pem"
} 2>"$work/openssl.log"

# the lines of deploy/mosquitto/tapin.conf that are there to be taken in
tls_broker_conf() {
	sed -i -e "s|^#listener 8883|listener $tls 127.0.0.1|" -e "s|^#cafile .*|cafile $work/ca.pem|" \
		-e "s|^#certfile .*|certfile $work/broker.pem|" -e "s|^#keyfile .*|keyfile $work/broker.key|" \
		-e 's|^#tls_version|tls_version|' -e 's|^#use_username_as_clientid|use_username_as_clientid|' "$work/mosquitto.conf"
}
tls_hub_conf() {
	sed -i -e "s|^port = .*|port = $tls|" -e "/^port = /a ca_file = $work/ca.pem" "$work/hub.conf"
}

check "certificates are made" certificates
tls=$(free_port)
check "a site is made" hub_init
tls_broker_conf
tls_hub_conf
check "the broker comes up with the listener that is described for TLS" site_broker_up
check "the hub connects by TLS" eval 'hub_start && until_true $((5 * slow)) hub_log_has "mqtt: connected"'
port=$tls
api POST /doors '{"name": "front"}' >/dev/null
door_conf front
make_thing .text /doors/front/bundle "" >"$work/front.bundle"
check "the bundle carries the authority" test "$(jq -r .mqtt.ca "$work/front.bundle")" = "$(cat "$work/ca.pem")"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=stranger -keyout "$work/s.key" -out "$work/stranger.pem" 2>/dev/null
jq --rawfile ca "$work/stranger.pem" '.mqtt.ca = $ca' "$work/front.bundle" >"$work/stranger.bundle"
stranger() {
	! "$SITE_DOOR_BIN" --config "$work/front/door.conf" --provision "$work/stranger.bundle" --wait 2 >"$work/out" 2>&1 &&
		grep -q 'TLS' "$work/out" || { cat "$work/out"; false; }
}
check "a broker of another authority is not spoken to" stranger
check "a door joins by TLS" "$SITE_DOOR_BIN" --config "$work/front/door.conf" --provision "$work/front.bundle"
check "it keeps the authority" cmp "$work/front/keys/mqtt.ca" "$work/ca.pem"
check "it starts" eval 'site_machine_up front && site_door_start front'
check "and gets the roster by TLS" until_true $((10 * slow)) confirmed front
check "TLS 1.2 is taken" eval 'openssl s_client -connect 127.0.0.1:$tls -tls1_2 -CAfile "$work/ca.pem" </dev/null'
check "TLS 1.1 is refused" eval '! openssl s_client -connect 127.0.0.1:$tls -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null'
finish
