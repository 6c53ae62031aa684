/* Explain: the question becomes a packet, travels the road, and what comes out is looked at. */
#include "core/engine/explain.h"
#include "core/engine/engine.h"
#include "core/wire/ip4.h"

static bool question_is_possible(const struct sluice *s, const struct sluice_question *question)
{
	return question->in_if < s->ifaces.count && question->len > 0 &&
	       question->len <= question->full_len && question->full_len <= IP4_LEN_MAX;
}

/* As a driver hands it in, addressed to the interface itself. */
static struct pkt *question_packet(struct sluice *s, const struct sluice_question *question)
{
	const struct iface_conf *iface = &s->ifaces.iface[question->in_if].conf;
	struct eth_hdr eth = { .dst = iface->mac, .type = be16_of(ETH_TYPE_IP4) };
	struct pkt *pkt = pkt_new(&s->pool, question->full_len);

	if (pkt == NULL)
		return NULL;
	memset(pkt_l3(pkt), 0, question->full_len);
	memcpy(pkt_l3(pkt), question->packet, question->len);
	pkt->in_if = question->in_if;
	pkt->flags = question->flags;
	if (iface->link != IFACE_ETHERNET)
		return pkt;
	pkt->l2 = (u16)(pkt->l3 - ETH_HLEN);
	memcpy(pkt_frame(pkt), &eth, sizeof eth);
	return pkt;
}

static void keep_sent(struct sluice_explanation *out, const struct pkt *pkt)
{
	struct sluice_sent *sent;
	const struct eth_hdr *eth = (const void *)pkt_frame(pkt);
	bool framed = pkt->l3 - pkt->l2 == ETH_HLEN;

	if (out->sent_count == EXPLAIN_OUT_MAX) {
		out->sent_left_out++;
		return;
	}
	sent = &out->sent[out->sent_count++];
	sent->out_if = pkt->out_if;
	sent->ip = !framed || be16_host(eth->type) == ETH_TYPE_IP4;
	sent->made_here = (pkt->flags & PKT_LOCAL_OUT) != 0;
	sent->len = pkt->len;
	sent->head_len = u32_min(pkt->len, EXPLAIN_HEAD_MAX);
	memcpy(sent->head, pkt_l3(pkt), sent->head_len);
}

bool engine_explain(struct sluice *s, const struct sluice_question *question, ns_t now,
		    struct sluice_explanation *out)
{
	struct batch batch;
	struct pkt *pkt;
	bool fast_is_off = s->path.slow_road;

	memset(out, 0, sizeof *out);
	if (!question_is_possible(s, question))
		return false;
	pkt = question_packet(s, question);
	if (pkt == NULL)
		return false;
	trace_begin(&out->trace, pkt);
	s->path.trace = &out->trace;
	s->path.slow_road = true;
	batch.count = 1;
	batch.pkt[0] = pkt;
	sluice_input(s, &batch, now);
	out->trace.fast = out->trace.fast && !fast_is_off;
	while (sluice_output(s, &batch)) {
		for (u32 at = 0; at < batch.count; at++)
			keep_sent(out, batch.pkt[at]);
	}
	return true;
}
