/* What is no mistake of a configuration, and perhaps not what somebody meant. */
#ifndef HOST_CONF_CONF_NOTES_H
#define HOST_CONF_CONF_NOTES_H

#include "host/conf/conf.h"

enum { CONF_NOTE_MAX = 8, CONF_NOTE_SIZE = 320 };

struct conf_notes {
	u32 count;
	u32 left_out;
	char text[CONF_NOTE_MAX][CONF_NOTE_SIZE];
};

/* Of a configuration that conf_check() has found good. */
void conf_notes(const struct conf *conf, struct conf_notes *notes);

#endif
