/* SPDX-License-Identifier: Apache-2.0 */
/* In the machine test's guest, as a time daemon would: clock synced|unsynced */
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>

int main(int argc, char **argv)
{
	struct timex t = {.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, .status = STA_UNSYNC};

	if (argc == 2 && strcmp(argv[1], "synced") == 0)
		t.status = 0;
	if (adjtimex(&t) >= 0)
		return 0;
	perror("adjtimex");
	return 1;
}
