/* What BFD takes for granted, and what it refuses. */
#include "core/routing/bfd/bfd_conf.h"

void bfd_params_defaults(struct bfd_params *params)
{
	memset(params, 0, sizeof *params);
	params->min_tx_us = 300000;
	params->min_rx_us = 300000;
	params->multiplier = BFD_MULTIPLIER;
}

void bfd_conf_defaults(struct bfd_conf *conf)
{
	memset(conf, 0, sizeof *conf);
	conf->peer_limit = 256;
	bfd_params_defaults(&conf->params);
}

static const char *auth_wrong(const struct bfd_auth_conf *auth)
{
	u32 most = auth->kind >= BFD_AUTH_SHA1 ? BFD_SECRET_MAX : BFD_PASSWORD_MAX;

	if (auth->kind == BFD_AUTH_NONE)
		return NULL;
	if ((u32)auth->kind >= BFD_AUTH_KINDS)
		return "no such authentication";
	if (auth->key_count == 0 || auth->key_count > BFD_KEYS_MAX)
		return "authentication of BFD wants 1 to 4 keys";
	for (u32 n = 0; n < auth->key_count; n++) {
		if (auth->key[n].len_bytes == 0 || auth->key[n].len_bytes > most)
			return "a key of BFD has 1 to 16 bytes, of SHA-1 up to 20";
		for (u32 before = 0; before < n; before++) {
			if (auth->key[before].id == auth->key[n].id)
				return "two keys of BFD have one identifier";
		}
	}
	return NULL;
}

static const char *params_wrong(const struct bfd_params *params)
{
	if (params->min_tx_us < BFD_MIN_US || params->min_tx_us > BFD_MAX_US ||
	    params->min_rx_us < BFD_MIN_US || params->min_rx_us > BFD_MAX_US)
		return "BFD sends every 10 ms to 60 s";
	if (params->multiplier == 0)
		return "BFD waits for at least one packet";
	return auth_wrong(&params->auth);
}

const char *bfd_conf_wrong(const struct bfd_conf *conf)
{
	const char *wrong = params_wrong(&conf->params);

	if (conf->peer_limit > BFD_PEERS_MAX)
		return "BFD has at most 256 sessions";
	if (conf->iface_count > IFACE_MAX)
		return "more interfaces than there can be";
	for (u32 n = 0; n < conf->iface_count && wrong == NULL; n++) {
		if (conf->iface[n].iface >= IFACE_MAX)
			return "no such interface";
		wrong = params_wrong(&conf->iface[n].params);
		for (u32 before = 0; before < n; before++) {
			if (conf->iface[before].iface == conf->iface[n].iface)
				wrong = "an interface stands twice";
		}
	}
	return wrong;
}
