/* SPDX-License-Identifier: Apache-2.0 */
/* Who is inside, out of the registry. */
#include "hub/hub.h"

#include <string.h>

int hub_rollcall_list(struct hub *hub, struct rollcall *ret_list)
{
	struct rollcall list = {0};
	struct registry_site site;
	int r = registry_site(hub->registry, &site);

	if (r < 0)
		return r;
	strcpy(list.site, site.site);
	entry_text_set(list.title, sizeof(list.title), site.title);
	snprintf(list.timezone, sizeof(list.timezone), "%s", site.roster.timezone);
	*ret_list = list;
	return 0;
}
