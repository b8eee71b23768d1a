# SPDX-License-Identifier: Apache-2.0
# A site with as much in it as is wanted, and the floor beside its page:
#   source "$(dirname "$0")/../web/figurelib.sh"; web_figures MEMBERS ENTRIES RUNS BOUND SECONDS
source "$(dirname "${BASH_SOURCE[0]}")/weblib.sh"

web_figures() {
	local members=$1 entries=$2
	shift 2
	web_needs "figures of the page"
	cp -r controller/web "$work/web"
	cp tests/web/empty.html "$work/web"
	web=$work/web
	web_fill() { "$B/tests/page_fill" "$work/hub/hub.db" walker "$members" "$entries"; }
	check "a site with $members members and $entries entries starts" web_up
	((tap_failed == 0)) || finish
	web_run figures "$@"
	finish
}
