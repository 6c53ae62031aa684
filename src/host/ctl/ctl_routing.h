/* Routing as JSON: one record, one line. What has no value is not in its record. */
#ifndef HOST_CTL_CTL_ROUTING_H
#define HOST_CTL_CTL_ROUTING_H

#include "core/engine/show_routing.h"

struct evbuffer;

/* "key":"10.0.0.0/8", with a comma behind it. */
void ctl_put_prefix_key(struct evbuffer *out, const char *key, const struct ip_prefix *prefix);
/* ,"key":true where it is so. */
void ctl_put_flag_key(struct evbuffer *out, const char *key, bool on);
/* ,"key":7 of what is not zero. */
void ctl_put_count_key(struct evbuffer *out, const char *key, u64 number);
/* ,"key":"10.0.0.1" of what is not zero. */
void ctl_put_addr_key(struct evbuffer *out, const char *key, be32 addr);
/* ,"key":1234 in milliseconds, unless it is never. */
void ctl_put_ms_key(struct evbuffer *out, const char *key, ns_t ns);
/* ,"key":1234 milliseconds from then to now, unless it was never. */
void ctl_put_since_key(struct evbuffer *out, const char *key, ns_t then, ns_t now);
/* ,"key":"gw0" */
void ctl_put_iface_key(struct evbuffer *out, const struct sluice *s, const char *key, u16 iface);
/* ,"key":"any text" of what is not empty. */
void ctl_put_text_key(struct evbuffer *out, const char *key, const char *text);
/* ,"hops":[{"gateway":"10.0.0.1","interface":"gw0"}] */
void ctl_put_hops(struct evbuffer *out, const struct sluice *s, const struct rib_hop *hop,
		  u32 hop_count);

/* s gives names of interfaces and peers, next hops and attributes. */
void ctl_put_path(struct evbuffer *out, const struct sluice *s, const struct rib_shown *path);
/* ,"origin":"IGP","next_hop":..., attributes of a route of BGP. */
void ctl_put_attrs(struct evbuffer *out, const struct bgp *bgp, u32 attr);
/* What came of a peer and is not kept, as far as it is known: the last one of a kind. */
void ctl_put_unfit(struct evbuffer *out, const struct bgp_peer_shown *peer, enum bgp_unfit unfit);
void ctl_put_bgp_peer(struct evbuffer *out, const struct sluice *s,
		      const struct bgp_peer_shown *peer, ns_t now);
void ctl_put_bgp_route(struct evbuffer *out, const struct bgp *bgp,
		       const struct bgp_route_shown *route);
void ctl_put_bgp_told(struct evbuffer *out, const struct bgp_told_shown *route);
void ctl_put_ospf_iface(struct evbuffer *out, const struct sluice *s,
			const struct ospf_iface_shown *iface, ns_t now);
void ctl_put_ospf_nbr(struct evbuffer *out, const struct sluice *s,
		      const struct ospf_nbr_shown *nbr, ns_t now);
void ctl_put_ospf_lsa(struct evbuffer *out, const struct ospf_lsa_shown *lsa);
void ctl_put_ospf_route(struct evbuffer *out, const struct sluice *s,
			const struct ospf_route_shown *route);
void ctl_put_rip_iface(struct evbuffer *out, const struct sluice *s,
		       const struct rip_iface_info *iface, ns_t now);
void ctl_put_rip_nbr(struct evbuffer *out, const struct sluice *s,
		     const struct rip_neigh_info *nbr);
void ctl_put_rip_route(struct evbuffer *out, const struct sluice *s,
		       const struct rip_route_info *route, ns_t now);
/* ,"protocol":"bgp" of a route of FPM. */
void ctl_put_fpm_path(struct evbuffer *out, const struct rib_path *path);
void ctl_put_fpm(struct evbuffer *out, const struct fpm_shown *fpm, ns_t now);
void ctl_put_bfd(struct evbuffer *out, const struct sluice *s, const struct bfd_info *peer);

#endif
