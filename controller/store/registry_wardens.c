/* SPDX-License-Identifier: Apache-2.0 */
/* The wardens' key. */
#include "registry_private.h"
#include "store/registry_site.h"

int registry_wardens(struct registry *reg, struct registry_wardens *ret_wardens)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT public, set_by, set_us FROM wardens");
	struct registry_wardens wardens = {0};
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the wardens' key");
	rc = registry_step(reg, stmt, "read the wardens' key");
	if (rc < 0)
		return rc;
	if (rc > 0) {
		wardens.set = registry_take_blob(stmt, 0, wardens.public, sizeof(wardens.public));
		registry_take_text(stmt, 1, wardens.set_by, sizeof(wardens.set_by));
		wardens.set_us = sqlite3_column_int64(stmt, 2);
	}
	*ret_wardens = wardens;
	return 0;
}

static int replace(struct registry *reg, const uint8_t *public, const char *actor)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "INSERT OR REPLACE INTO wardens (id, public, set_by, set_us) "
				      "VALUES (1, ?1, ?2, ?3)");

	if (!stmt)
		return registry_sql_fail(reg, "keep the wardens' key");
	registry_bind_blob(stmt, 1, public, REGISTRY_WARDENS_KEY_SIZE);
	registry_bind_text(stmt, 2, actor);
	sqlite3_bind_int64(stmt, 3, registry_now_us(reg));
	return registry_run(reg, stmt, "keep the wardens' key");
}

static int remove_key(struct registry *reg)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "DELETE FROM wardens");

	if (!stmt)
		return registry_sql_fail(reg, "forget the wardens' key");
	return registry_run(reg, stmt, "forget the wardens' key");
}

int registry_wardens_set(struct registry *reg, const uint8_t *public, const char *actor)
{
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_check_text(
			reg, "who sets the wardens' key", actor, ENTRY_ACTOR_MAX, false);
	if (error == 0)
		error = public ? replace(reg, public, actor) : remove_key(reg);
	return error < 0 ? error : 0;
}
