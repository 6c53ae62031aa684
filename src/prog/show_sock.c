/* Sockets as lines for people: what ss prints, in its order and its words where it has some. */
#include "prog/show_sock.h"

#include <inttypes.h>
#include <stdint.h>

enum { END_SIZE = 32 };

static const char *text_of(const json_t *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));

	return text ? text : "";
}

static uint64_t count_of(const json_t *record, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(record, key));
}

/* An asterisk where anything is meant: any address, any port, no peer. */
static const char *end_text(char text[END_SIZE], const json_t *end)
{
	const char *addr = text_of(end, "addr");
	const json_t *port = json_object_get(end, "port");

	if (!*addr || (addr[0] == '0' && addr[1] == '.'))
		addr = "*";
	if (port && json_integer_value(port))
		snprintf(text, END_SIZE, "%s:%" JSON_INTEGER_FORMAT, addr,
			 json_integer_value(port));
	else
		snprintf(text, END_SIZE, "%s%s", addr, port ? ":*" : "");
	return text;
}

static void put_count(FILE *out, const json_t *record, const char *key, const char *word)
{
	if (count_of(record, key))
		fprintf(out, "  %s %" PRIu64, word, count_of(record, key));
}

static void put_word(FILE *out, const json_t *record, const char *key, const char *word)
{
	if (*text_of(record, key))
		fprintf(out, "  %s%s", word, text_of(record, key));
}

static void put_flag(FILE *out, const json_t *record, const char *key, const char *word)
{
	if (json_is_true(json_object_get(record, key)))
		fprintf(out, "  %s", word);
}

/* Microseconds, as ss has them: milliseconds with three digits behind the point. */
static void put_times(FILE *out, const json_t *tcp)
{
	fprintf(out, "  rto %" PRIu64, count_of(tcp, "rto_ms"));
	if (count_of(tcp, "srtt_us"))
		fprintf(out, "  rtt %.3f/%.3f", (double)count_of(tcp, "srtt_us") / 1000,
			(double)count_of(tcp, "rttvar_us") / 1000);
	if (count_of(tcp, "min_rtt_us"))
		fprintf(out, "  min %.3f", (double)count_of(tcp, "min_rtt_us") / 1000);
}

static void put_rates(FILE *out, const json_t *tcp)
{
	put_count(out, tcp, "pacing_rate", "pacing B/s");
	put_count(out, tcp, "delivery_rate", "delivery B/s");
	put_flag(out, tcp, "app_limited", "app-limited");
}

static void put_tcp(FILE *out, const json_t *tcp)
{
	put_word(out, tcp, "cc", "");
	put_word(out, tcp, "cc_state", "");
	put_word(out, tcp, "ca_state", "ca ");
	put_flag(out, tcp, "timestamps", "ts");
	put_flag(out, tcp, "sack", "sack");
	put_flag(out, tcp, "ecn", "ecn");
	put_flag(out, tcp, "wscale", "wscale");
	put_times(out, tcp);
	fprintf(out, "  mss %" PRIu64 "  pmtu %" PRIu64 "  cwnd %" PRIu64 " (%" PRIu64 " B)",
		count_of(tcp, "mss"), count_of(tcp, "pmtu"), count_of(tcp, "cwnd_segments"),
		count_of(tcp, "cwnd"));
	put_count(out, tcp, "ssthresh", "ssthresh");
	put_count(out, tcp, "in_flight", "in-flight");
	put_count(out, tcp, "lost", "lost");
	put_rates(out, tcp);
	put_count(out, tcp, "bytes_again", "retransmitted");
	fprintf(out, "  acked %" PRIu64 "  received %" PRIu64, count_of(tcp, "bytes_acked"),
		count_of(tcp, "bytes_received"));
}

/* Of TCP-AO the KeyID that goes out, and the one that is asked for. */
static void put_signs(FILE *out, const json_t *sock)
{
	put_word(out, sock, "signs", "signs ");
	if (json_object_get(sock, "key_id"))
		fprintf(out, " key %" PRIu64 " next %" PRIu64, count_of(sock, "key_id"),
			count_of(sock, "rnext_key_id"));
}

void show_text_sock(FILE *out, const json_t *sock)
{
	const json_t *tcp = json_object_get(sock, "tcp");
	char local[END_SIZE], peer[END_SIZE];

	fprintf(out, "%-4s  %-12s  %6" PRIu64 " %6" PRIu64 "  %-21s  %-21s", text_of(sock, "proto"),
		text_of(sock, "state"), count_of(sock, "recv_queue"), count_of(sock, "send_queue"),
		end_text(local, json_object_get(sock, "local")),
		end_text(peer, json_object_get(sock, "peer")));
	put_flag(out, sock, "raw", "raw");
	put_word(out, sock, "leg", "split ");
	put_word(out, sock, "interface", "on ");
	put_word(out, sock, "zone", "zone ");
	if (*text_of(sock, "timer"))
		fprintf(out, "  timer %s %" PRIu64 "ms/%" PRIu64, text_of(sock, "timer"),
			count_of(sock, "timer_ms"), count_of(sock, "tries"));
	put_signs(out, sock);
	put_word(out, sock, "error", "");
	put_count(out, sock, "datagrams_in", "in");
	put_count(out, sock, "datagrams_out", "out");
	put_count(out, sock, "dropped", "dropped");
	if (tcp)
		put_tcp(out, tcp);
	/* The flow owns the legs of a split connection. */
	fprintf(out, "%s\n",
		json_object_get(sock, "handle") || json_object_get(sock, "leg") ? ""
										: "  nobody's");
}
