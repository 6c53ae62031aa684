/* Numbers that nobody may foresee who sees others of their kind. */
#include "core/tcp/isn.h"
#include "core/crypto/siphash.h"

enum {
	ISN_TICK_NS = 4000, /* RFC 9293 section 3.4.1 */
	/* What is hashed begins with what it is hashed for. */
	HASH_ISN = 1,
	HASH_TS = 2,
};

static void hash_begin(struct siphash *sip, const struct tcp *tcp, u8 what,
		       const struct tcp_key *key)
{
	u8 secret[SIPHASH_KEY_SIZE];

	memcpy(secret, tcp->secret, sizeof secret);
	siphash_init(sip, secret);
	siphash_update(sip, &what, sizeof what);
	siphash_update(sip, &key->zone, sizeof key->zone);
	siphash_update(sip, &key->local, sizeof key->local);
	siphash_update(sip, &key->peer, sizeof key->peer);
}

/* RFC 6528 section 3: each pair of ends has a number space of its own, in which numbers grow with
 * time; so old segments of one connection do not fit the next one between the same ends.         */
u32 tcp_isn(const struct tcp *tcp, const struct tcp_key *key, ns_t now)
{
	struct siphash sip;

	if (!tcp->conf.isn_of_clock)
		return tcp->conf.isn_fixed;
	hash_begin(&sip, tcp, HASH_ISN, key);
	siphash_update(&sip, &key->local_port, sizeof key->local_port);
	siphash_update(&sip, &key->peer_port, sizeof key->peer_port);
	return (u32)(now / ISN_TICK_NS) + (u32)siphash_final(&sip);
}

u32 tcp_ts_offset(const struct tcp *tcp, const struct tcp_key *key)
{
	struct siphash sip;

	hash_begin(&sip, tcp, HASH_TS, key);
	return (u32)siphash_final(&sip);
}

/* How many are left tells a stranger whether others had some of them: he counts what he gets for a
 * hundred guesses of his own (CVE-2016-5696). So it is another number in each second, between half
 * of the limit and all of it.                                                                    */
bool tcp_may_challenge(struct tcp *tcp, ns_t now)
{
	u32 limit = tcp->conf.challenge_acks;

	if (now >= tcp->challenge_second_ns) {
		tcp->challenge_second_ns = now + NS_PER_SEC;
		tcp->challenge_left = limit - rng_below(&tcp->rng, limit / 2 + 1);
	}
	if (tcp->challenge_left == 0) {
		tcp->stats.challenge_limited++;
		return false;
	}
	tcp->challenge_left--;
	tcp->stats.challenge_acks++;
	return true;
}
