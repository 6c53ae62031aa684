/* The nearest name that a running gateway has, for one that it has not. */
#ifndef PROG_SUGGEST_H
#define PROG_SUGGEST_H

/* Says it on stderr; nothing where none is near, or the name is there. place: as of
 * completion_names(). Either of the first two may be NULL, then nothing is asked; control may be,
 * then it is the usual one.                                                                      */
void suggest_name(const char *place, const char *typed, const char *control);

#endif
