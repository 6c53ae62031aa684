/* What is wrong with the words of a command line, kept until all of them are read. */
#include "prog/run_args.h"

#include <stdarg.h>

void run_error(struct run_errors *errors, const char *format, ...)
{
	va_list list;

	if (errors->count == RUN_ERRORS_MAX) {
		errors->left_out++;
		return;
	}
	va_start(list, format);
	vsnprintf(errors->text[errors->count++], RUN_ERROR_SIZE, format, list);
	va_end(list);
}
