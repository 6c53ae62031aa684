/* packetdrill's two threads over one world. */
#include "packetdrill/drill.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static bool is_main(const struct drill *drill)
{
	return pthread_equal(pthread_self(), drill->main) != 0;
}

void drill_happened(struct drill *drill)
{
	if (!is_main(drill))
		return;
	if (drill->sleeper != NULL && !drill->is_over &&
	    drill->sleeper->is_over(&drill->socks.world, drill->sleeper->sock)) {
		drill->is_over = drill->is_busy = true;
		pthread_cond_signal(&drill->woken);
	}
	while (drill->is_busy)
		pthread_cond_wait(&drill->settled, &drill->lock);
}

bool drill_until(struct drill *drill, ns_t until, bool (*stop)(void *arg), void *arg)
{
	bool is_more = true;

	while (is_more) {
		drill_happened(drill);
		if (stop != NULL && stop(arg))
			return false;
		is_more = world_step(&drill->socks.world, until);
	}
	return true;
}

struct alone {
	struct drill *drill;
	const struct sock_wait *wait;
};

static bool alone_is_over(void *arg)
{
	const struct alone *alone = arg;

	return alone->wait->is_over(&alone->drill->socks.world, alone->wait->sock);
}

static bool drill_wait(struct socks *socks, const struct sock_wait *wait)
{
	struct drill *drill = socks->wait_arg;
	struct alone alone = { drill, wait };

	if (is_main(drill))
		return !drill_until(drill, socks->world.now + SOCK_WAIT_MAX_S * NS_PER_SEC,
				    alone_is_over, &alone);
	drill->sleeper = wait;
	drill->is_over = drill->is_busy = false;
	pthread_cond_signal(&drill->settled);
	while (!drill->is_over)
		pthread_cond_wait(&drill->woken, &drill->lock);
	drill->sleeper = NULL;
	return true;
}

ns_t drill_clock(struct drill *drill)
{
	if (is_main(drill) || !drill->is_busy) {
		(void)drill_until(drill, drill->socks.world.now + 1000, NULL, NULL);
	} else {
		drill->is_busy = false;
		pthread_cond_signal(&drill->settled);
	}
	return drill->socks.world.now;
}

void drill_enter(struct drill *drill)
{
	pthread_mutex_lock(&drill->lock);
}

void drill_leave(struct drill *drill)
{
	drill_happened(drill);
	pthread_mutex_unlock(&drill->lock);
}

static bool has_word(const char *flags, const char *word)
{
	return flags != NULL && strstr(flags, word) != NULL;
}

struct drill *drill_new(const char *flags)
{
	struct drill *drill = calloc(1, sizeof *drill);
	struct tcp_conf conf;

	CHECK(drill != NULL);
	world_conf_defaults(&conf);
	conf.ecn = has_word(flags, "ecn");
	socks_init(&drill->socks, &conf);
	drill->socks.no_timestamps = has_word(flags, "no_timestamps");
	drill->socks.no_sack = has_word(flags, "no_sack");
	drill->socks.local = (be32){ inet_addr("192.168.0.1") };
	drill->socks.wait = drill_wait;
	drill->socks.wait_arg = drill;
	drill->main = pthread_self();
	pthread_mutex_init(&drill->lock, NULL);
	pthread_cond_init(&drill->woken, NULL);
	pthread_cond_init(&drill->settled, NULL);
	return drill;
}

void drill_del(struct drill *drill)
{
	socks_fini(&drill->socks);
	pthread_mutex_destroy(&drill->lock);
	pthread_cond_destroy(&drill->woken);
	pthread_cond_destroy(&drill->settled);
	free(drill);
}
