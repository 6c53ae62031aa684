/* Looking a packet up in a capture, through libpcap. */
#include "host/io/pcap_packet.h"

#include <pcap/pcap.h>
#include <stdio.h>

#include "core/base/text.h"
#include "host/io/pcap.h"
#include "host/io/pcap_link.h"

/* False when it is no IPv4. */
static bool take(pcap_t *in, const struct pcap_pkthdr *info, const u8 *frame,
		 struct pcap_packet *out)
{
	u32 link_len = pcap_link_len(pcap_datalink(in));
	struct eth_hdr eth = { .type = be16_of(ETH_TYPE_IP4) };

	if (info->caplen <= link_len || info->len - link_len > UINT16_MAX)
		return false;
	if (link_len > 0)
		pcap_link_eth(pcap_datalink(in), frame, &eth);
	if (be16_host(eth.type) != ETH_TYPE_IP4)
		return false;
	out->full_len = info->len - link_len;
	out->len = u32_min(info->caplen - link_len, PCAP_PACKET_MAX);
	memcpy(out->bytes, frame + link_len, out->len);
	return true;
}

bool pcap_packet(const char *path, u64 number, struct pcap_packet *out, char *why, size_t why_size)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *in = pcap_open_offline(path, err);
	struct pcap_pkthdr *info;
	const u8 *frame;
	bool good = false;
	u64 at = 0;
	int got = 1;

	if (in == NULL) {
		(void)snprintf(why, why_size, "capture %s: %s", path, pcap_said(path, err));
		return false;
	}
	while (at < number && (got = pcap_next_ex(in, &info, &frame)) == 1)
		at++;
	if (!pcap_link_is_known(pcap_datalink(in)))
		(void)snprintf(why, why_size, "capture %s: link type %d; " PCAP_LINK_RIGHT, path,
			       pcap_datalink(in));
	else if (at < number && got != PCAP_ERROR_BREAK)
		(void)snprintf(why, why_size, "capture %s, behind packet %llu: %s", path,
			       (unsigned long long)at, pcap_said(path, pcap_geterr(in)));
	else if (at < number)
		(void)snprintf(why, why_size, "capture %s has %llu packet%s", path,
			       (unsigned long long)at, text_plural(at));
	else if (!take(in, info, frame, out))
		(void)snprintf(why, why_size, "capture %s: packet %llu is no IPv4", path,
			       (unsigned long long)number);
	else
		good = true;
	pcap_close(in);
	return good;
}
