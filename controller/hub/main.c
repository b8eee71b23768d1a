/* SPDX-License-Identifier: Apache-2.0 */
/* tapin-hub: options, and which of its jobs to do. */
int main(void)
{
	return 2;
}
