/* A host with real protocol state: it opens TCP connections, answers them, sends data, closes with
 * FIN or RST, retransmits; has associations of SCTP and connections of DCCP; talks UDP, UDP-Lite
 * and through tunnels of GRE; pings; sends fragments; complains with ICMP errors. And it may be
 * naughty: broken packets, wrong errors, strangers' ports.
 *
 * What arrives is looked at as any host would: a TCP stream has to come out as it went in.       */
#ifndef TEST_SIM_HOST_H
#define TEST_SIM_HOST_H

#include "fake/seen.h"
#include "sim/net.h"

enum {
	HOST_TALKS_MAX = 24,
	HOST_PEERS_MAX = 16,
	HOST_VISITS_MAX = 4,
	HOST_TRIES_MAX = 5,
	HOST_PORTS = 8,
};

enum talk_state {
	TALK_FREE,
	TALK_SYN_SENT,
	TALK_SYN_RECV,
	TALK_OPEN, /* both may send */
	TALK_FIN,  /* our FIN is out */
	TALK_UDP,
	TALK_PING,
	TALK_GRE,
	TALK_SCTP,
	TALK_DCCP,
};

/* How a connection ends once everything is sent. */
enum talk_end { TALK_END_FIN, TALK_END_RST, TALK_END_SILENT, TALK_END_KINDS };

struct talk {
	enum talk_state state;
	bool passive;
	u8 proto; /* of datagrams: UDP or UDP-Lite */
	be32 peer;
	u16 lport; /* ping: identifier; GRE: the key, 0 for none */
	u16 pport;
	enum talk_end end;
	u32 iss;
	u32 irs;
	u32 snd_una;
	u32 snd_nxt;
	u32 rcv_nxt; /* SCTP and DCCP: how far it is */
	u32 left; /* bytes, datagrams or requests still to send */
	bool peer_fin;
	u32 tries;
	ns_t due;
};

struct host_conf {
	be32 addr;
	bool inside;
	u32 naughty_percent; /* of packets are broken on purpose */
	u32 error_percent;   /* of packets that arrive are answered by an ICMP error */
	u32 mtu;             /* of its own link: larger packets are fragmented */
	be32 router;         /* a router that complains in its place */
};

struct host {
	struct actor actor;
	struct host_conf conf;
	struct link *up; /* to the gateway */
	struct talk talk[HOST_TALKS_MAX];
	u32 peer_count;
	be32 peer[HOST_PEERS_MAX]; /* whom it talks to */
	u32 visit_count;
	struct net_visit visit[HOST_VISITS_MAX]; /* services that it asks for */
	bool serves; /* it answers whoever comes */
	ns_t next_idea;            /* when it begins something new */
	u32 ideas_left;
	u16 ip_id;
	u16 next_port;
	u64 received;
	u64 streams_done;
};

struct host *host_new(struct net *net, const struct host_conf *conf);
void host_knows(struct host *host, be32 peer);
void host_visits(struct host *host, const struct net_visit *visit);

/* ---- between the files of a host */
void host_emit(struct host *host, struct build *b);
void host_begin(struct host *host, struct build *b, be32 dst, u8 proto);
struct talk *host_talk_new(struct host *host);
struct talk *host_talk_find(struct host *host, enum talk_state from, enum talk_state to, be32 peer,
			    u16 lport, u16 pport);
void host_tcp_open(struct host *host, be32 peer, u16 pport);
void host_tcp_in(struct host *host, const struct seen *seen);
void host_tcp_due(struct host *host, struct talk *talk);
void host_udp_open(struct host *host, be32 peer, u16 pport, u16 lport);
void host_udplite_open(struct host *host, be32 peer, u16 pport);
void host_udp_in(struct host *host, const struct seen *seen);
void host_udp_due(struct host *host, struct talk *talk);
void host_ping_open(struct host *host, be32 peer);
void host_ping_in(struct host *host, const struct seen *seen);
void host_ping_due(struct host *host, struct talk *talk);
void host_gre_open(struct host *host, be32 peer);
void host_gre_in(struct host *host, const u8 *ip, const struct seen *seen);
void host_gre_due(struct host *host, struct talk *talk);
void host_sctp_open(struct host *host, be32 peer, u16 pport);
void host_sctp_in(struct host *host, const struct seen *seen);
void host_dccp_open(struct host *host, be32 peer, u16 pport);
void host_dccp_in(struct host *host, const struct seen *seen);
void host_assoc_due(struct host *host, struct talk *talk);
void host_complain(struct host *host, const u8 *ip, u32 len);
void host_break(struct host *host, struct build *b);

#endif
