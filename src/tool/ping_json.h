/* The JSON object of `sluice ping`; its shape is in tool/ping_report.h. */
#ifndef SLUICE_TOOL_PING_JSON_H
#define SLUICE_TOOL_PING_JSON_H

#include "tool/ping_report.h"

void ping_json_reply(struct ping_report *report, const struct ping_reply *reply);
void ping_json_error(struct ping_report *report, const struct ping_error *error);
void ping_json_write(struct ping_report *report, const struct ping_tally *tally);

#endif
