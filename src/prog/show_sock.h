/* Sockets of an answer as lines for people. Pure functions of their JSON. */
#ifndef PROG_SHOW_SOCK_H
#define PROG_SHOW_SOCK_H

#include <jansson.h>
#include <stdio.h>

void show_text_sock(FILE *out, const json_t *sock);

#endif
