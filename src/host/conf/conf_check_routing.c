/* What lists, policies, RIP and BFD may say together; and what all of routing shares. */
#include "host/conf/conf_check_routing.h"

#include "host/conf/conf_check_routing_part.h"
#include "host/conf/conf_schema.h"
#include "host/conf/values.h"

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_word(const char *name)
{
	return strcmp(name, CONF_POLICY_ANY) == 0 || strcmp(name, CONF_POLICY_NONE) == 0;
}

void check_policy_name(struct checking *c, const char *name)
{
	const struct conf_routing *routing = &c->conf->routing;
	const struct checking_names policies = { "policy", routing->policy,
						 sizeof routing->policy[0],
						 &routing->policy_count };

	if (name[0] && !is_word(name))
		(void)checking_find(c, &policies, name);
}

const struct conf_iface *check_routing_iface(struct checking *c, const char *name)
{
	struct checking_names ifaces = checking_ifaces(c);
	const struct conf_iface *iface = checking_find(c, &ifaces, name);

	if (iface && iface->zone[0] && !checking_doubts(c, iface))
		conf_error(c->errors, checking_at(c, name),
			   "'%s' is in zone '%s'; routes are learned and announced in no zone",
			   name, iface->zone);
	return iface;
}

void check_secret(struct checking *c, const char *secret)
{
	if (strcmp(secret, CONF_HIDDEN) == 0)
		checking_wrong(c, secret,
			       "'" CONF_HIDDEN "' stands where 'sluice show config' does not "
			       "tell a secret; the secret itself has to be given");
}

void check_twice(struct checking *c, const struct checking_names *names, u32 index)
{
	const char *name = (const char *)names->first + (size_t)index * names->size;

	for (u32 i = 0; i < index; i++) {
		const char *other = (const char *)names->first + (size_t)i * names->size;

		if (checking_doubts(c, other) || strcmp(other, name) != 0)
			continue;
		conf_error(c->errors, checking_at(c, name), "there is %s '%s' already, in line %u",
			   names->what, name, checking_at(c, other).line);
		return;
	}
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void check_key_id(struct checking *c, const struct conf_key *key, u32 index)
{
	for (u32 i = 0; i < index; i++) {
		if (key[i].id != key[index].id)
			continue;
		conf_error(c->errors, checking_at(c, &key[index].id),
			   "there is a key %u already, in line %u", key[index].id,
			   checking_at(c, &key[i].id).line);
		return;
	}
}

void check_keys(struct checking *c, const char *password, const struct conf_key *key,
		const u32 *count)
{
	check_secret(c, password);
	if (password[0] && *count > 0)
		checking_wrong(c, password,
			       "either a 'password' is sent or packets are signed with 'keys', "
			       "not both");
	for (u32 i = 0; i < *count; i++) {
		check_secret(c, key[i].secret);
		check_key_id(c, key, i);
		if (key[i].algorithm == CONF_KEY_MD5 && strlen(key[i].secret) > OSPF_MD5_KEY_SIZE)
			checking_wrong(c, key[i].secret, "md5 takes a secret of 16 letters");
	}
}

/* ---- lists and policies ---------------------------------------------------------------------- */

static void check_lists(struct checking *c)
{
	const struct conf_routing *routing = &c->conf->routing;
	const struct checking_names lists = { "a prefix list", routing->list,
					      sizeof routing->list[0], &routing->list_count };
	u32 sum = 0;

	for (u32 i = 0; i < routing->list_count; i++) {
		const struct conf_prefix_list *list = &routing->list[i];
		u32 before = sum;

		sum += list->prefix_count;
		if (checking_doubts(c, list))
			continue;
		check_twice(c, &lists, i);
		if (before <= POLICY_PREFIXES_MAX && sum > POLICY_PREFIXES_MAX)
			conf_error(c->errors, checking_at(c, list->name),
				   "with list '%s' there are %u prefixes; at most %d are allowed",
				   list->name, sum, POLICY_PREFIXES_MAX);
	}
}

static bool asks(const struct conf_policy_rule *rule)
{
	return rule->list[0] || rule->source_count || rule->community_count || rule->large_count ||
	       rule->as_count || rule->origin_as || rule->neighbour_as || rule->max_as_path ||
	       rule->tag != CONF_ANY;
}

static bool changes(const struct conf_policy_rule *rule)
{
	return rule->local_pref != CONF_ANY || rule->med != CONF_ANY || rule->metric != CONF_ANY ||
	       rule->new_tag != CONF_ANY || rule->nexthop.raw || rule->prepend || rule->clear ||
	       rule->add_count || rule->add_large_count || rule->del_count;
}

static void check_rule(struct checking *c, const struct conf_policy *policy, u32 index)
{
	const struct conf_routing *routing = &c->conf->routing;
	const struct conf_policy_rule *rule = &policy->rule[index];
	const struct checking_names lists = { "prefix list", routing->list,
					      sizeof routing->list[0], &routing->list_count };

	if (rule->list[0])
		(void)checking_find(c, &lists, rule->list);
	if (rule->action == POLICY_REJECT && changes(rule))
		checking_wrong(c, &rule->action,
			       "what is rejected needs no changes: accept it, or leave them out");
	if (rule->action == POLICY_NEXT && !changes(rule))
		checking_wrong(c, &rule->action,
			       "with 'action: next' and nothing that it changes, this rule does "
			       "nothing");
	if (rule->metric_type == 2 && rule->metric == CONF_ANY)
		checking_wrong(c, &rule->metric_type, "'metric-type' needs 'set-metric'");
	if (rule->action != POLICY_NEXT && !asks(rule) && index + 1 < policy->rule_count)
		conf_error(c->errors, checking_at(c, &policy->rule[index + 1]),
			   "this rule gets nothing: the one before it in line %u asks for "
			   "nothing, so it decides everything",
			   checking_at(c, &rule->action).line);
}

static void check_policies(struct checking *c)
{
	const struct conf_routing *routing = &c->conf->routing;
	const struct checking_names policies = { "a policy", routing->policy,
						 sizeof routing->policy[0],
						 &routing->policy_count };
	u32 sum = 0;

	for (u32 i = 0; i < routing->policy_count; i++) {
		const struct conf_policy *policy = &routing->policy[i];
		u32 before = sum;

		sum += policy->rule_count;
		if (checking_doubts(c, policy))
			continue;
		check_twice(c, &policies, i);
		if (is_word(policy->name))
			conf_error(c->errors, checking_at(c, policy->name),
				   "'%s' has a meaning already where a policy is named",
				   policy->name);
		if (before <= POLICY_RULES_MAX - 1 && sum > POLICY_RULES_MAX - 1)
			conf_error(c->errors, checking_at(c, policy->name),
				   "with policy '%s' there are %u rules; at most %d are allowed",
				   policy->name, sum, POLICY_RULES_MAX - 1);
		for (u32 n = 0; n < policy->rule_count; n++)
			check_rule(c, policy, n);
	}
}

/* ---- RIP ------------------------------------------------------------------------------------- */

static void check_rip(struct checking *c)
{
	const struct conf_rip *rip = &c->conf->routing.rip;
	const struct checking_names ifaces = { "an interface", rip->iface, sizeof rip->iface[0],
					       &rip->iface_count };

	check_policy_name(c, rip->import);
	check_policy_name(c, rip->export);
	if (rip->timeout_s <= rip->update_s)
		checking_wrong(c, &rip->timeout_s,
			       "'timeout' has to be longer than 'update', or each route is gone "
			       "between two of them");
	if (rip->garbage_s < rip->update_s)
		checking_wrong(c, &rip->garbage_s,
			       "'garbage' has to be as long as 'update', or what is gone is "
			       "forgotten before it is told");
	for (u32 i = 0; i < rip->iface_count; i++) {
		const struct conf_rip_iface *iface = &rip->iface[i];

		if (checking_doubts(c, iface))
			continue;
		check_twice(c, &ifaces, i);
		(void)check_routing_iface(c, iface->name);
		check_keys(c, iface->password, iface->key, &iface->key_count);
		if (!iface->multicast && !iface->passive && iface->peer_count == 0)
			checking_wrong(c, &iface->multicast,
				       "without 'multicast' and 'neighbours' nobody is told: say "
				       "'passive: true' if that is meant");
	}
}

/* ---- BFD ------------------------------------------------------------------------------------- */

static void check_bfd_params(struct checking *c, const struct conf_bfd_params *params)
{
	bool sha1 = params->auth == BFD_AUTH_SHA1 || params->auth == BFD_AUTH_SHA1_METICULOUS;

	if (params->auth == BFD_AUTH_NONE && params->key_count > 0)
		checking_wrong(c, params->key, "'keys' need an 'authentication'");
	if (params->auth != BFD_AUTH_NONE && params->key_count == 0)
		checking_wrong(c, &params->auth, "'authentication' needs 'keys'");
	for (u32 i = 0; i < params->key_count; i++) {
		const struct conf_bfd_key *key = &params->key[i];

		check_secret(c, key->secret);
		if (!sha1 && strlen(key->secret) > BFD_PASSWORD_MAX)
			checking_wrong(c, key->secret,
				       "a password and md5 take a secret of up to 16 letters");
		for (u32 n = 0; n < i; n++) {
			if (params->key[n].id == key->id)
				conf_error(c->errors, checking_at(c, &key->id),
					   "there is a key %u already, in line %u", key->id,
					   checking_at(c, &params->key[n].id).line);
		}
	}
}

static void check_bfd(struct checking *c)
{
	const struct conf_bfd *bfd = &c->conf->routing.bfd;
	const struct checking_names ifaces = { "an interface", bfd->iface, sizeof bfd->iface[0],
					       &bfd->iface_count };

	if (!checking_doubts(c, &bfd->params.key_count))
		check_bfd_params(c, &bfd->params);
	for (u32 i = 0; i < bfd->iface_count; i++) {
		if (checking_doubts(c, &bfd->iface[i]))
			continue;
		check_twice(c, &ifaces, i);
		(void)check_routing_iface(c, bfd->iface[i].name);
		check_bfd_params(c, &bfd->iface[i].params);
	}
}

/* ---- all ------------------------------------------------------------------------------------- */

void conf_check_routing(const struct conf *conf, const struct conf_marks *marks,
			struct conf_errors *errors)
{
	struct checking c = { .conf = conf, .marks = marks, .errors = errors };

	check_lists(&c);
	check_policies(&c);
	check_bgp(&c);
	check_ospf(&c);
	check_rip(&c);
	check_bfd(&c);
}
