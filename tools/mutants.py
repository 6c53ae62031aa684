"""Faults that the tests must catch; mutate.py plants them one at a time.

Each is (name, file, old, new, test): the text `old` stands exactly once in `file` and becomes
`new`; the code still builds; then `test`, the kind of test that was written against this very
fault, must fail. Tests are named
    unit:<folder>/test_<file>   a program of test/unit
    sim:test_<name>             a program of test/sim
    sim                         the simulator over its first seeds
    script:<folder>/<file>      a dialogue or a step test of test/script
    interop:test_<name>         a namespace test, as root
A fault whose `old` is gone is an error: the code moved on, and the fault has to follow.
"""

FAULTS = [
    ("who finds no room to wait is not asked for", "src/core/iface/neigh_queue.c",
     "		ask_idle(table, idx, now, out);\n", "		(void)ask_idle;\n", "unit:core_iface/test_neigh"),
    ("who finds no room to wait is asked for by each packet", "src/core/iface/neigh_queue.c",
     "	if (neigh_at(table, idx)->tries != turn)\n", "", "unit:core_iface/test_neigh"),
    ("ports that are spared are counted", "src/core/nat/port.c",
     "	return ports->last + 1u - ports->first - spare;", "	return ports->last + 1u - ports->first - 0 * spare;",
     "unit:core_nat/test_port"),
    ("a gateway whose inside is cut off announces its pools", "src/core/engine/routing_pools.c",
     "inside.all > 0 && inside.up == 0", "inside.all > 0 && inside.up > inside.all", "unit:core_engine/test_routing_pools"),
    ("an address that is added withholds pools", "src/core/engine/routing_pools.c",
     "r->withheld != ROUTING_TOLD && !sluice_is_settled", "!sluice_is_settled", "unit:core_engine/test_routing_pools"),
    ("what BFD finds waits for the next look", "src/core/engine/routing_watch.c",
     "	while (bfd_read(r->bfd, &change))", "	while (now >= r->watch_ns && bfd_read(r->bfd, &change))",
     "unit:core_engine/test_routing"),
    ("a route does not wait for its session", "src/core/engine/routing_watch.c",
     "	return watched != NULL && watched->reached;", "	return watched == NULL || watched->reached;",
     "unit:core_engine/test_routing"),
    ("a session that an administrator ended takes the route along", "src/core/engine/routing_watch.c",
     "	if (change->failed && change->remote_admin)\n		reached = true;\n", "",
     "unit:core_engine/test_routing"),
    ("a route is not chosen again when its gateway is gone", "src/core/engine/routing_watch.c",
     "	watched->reached = reached;\n	routing_fixed_again", "	watched->reached = reached;\n	if (reached)\n		routing_fixed_again",
     "unit:core_engine/test_routing"),
    ("runs are not joined", "src/core/fib/lpm.c",
     "draft->run[from] == draft->run[to - 1])", "draft->run[from] == ~draft->run[to - 1])",
     "unit:core_fib/test_lpm"),
    ("a block that readers may know is written", "src/core/fib/lpm.c",
     "fib_page_has_block(page) && (page->epoch & 1) == 0 &&", "fib_page_has_block(page) &&",
     "unit:core_fib/test_lpm"),
    ("a page keeps a block that became too small", "src/core/fib/lpm.c",
     "	    fib_block_class(fib_page_run_count(page)) == class) {", "	    class > 0) {",
     "unit:core_fib/test_lpm"),
    ("the receive buffer does not grow", "src/core/tcp/reasm.c",
     "		tcb->recv_limit = u32_max(tcb->recv_limit, room);\n", "",
     "sim:test_tcp_budget"),
    ("what waited behind a hole makes the window grow", "src/core/tcp/reasm.c",
     "	return u32_min(tcb->recv_copied, high_seq(tcb) - tcb->recv_high);",
     "	return tcb->recv_copied;", "sim:test_tcp_budget"),
    ("the send buffer does not grow", "src/core/tcp/in.c",
     "u32_max(tcb->send_limit, budget_send(tcp, tcb, (u32)want));", "tcb->send_limit;",
     "sim:test_tcp_budget"),
    ("a window promises what there is not", "src/core/tcp/budget.c",
     "	u64 most = part_of(tcp, spare);", "	u64 most = pool_bytes(tcp);",
     "sim:test_tcp_budget"),
    ("what is promised is not counted", "src/core/tcp/budget.c",
     "	u64 taken = tcp->buffers.used_bytes + tcp->promised_bytes - own;",
     "	u64 taken = tcp->buffers.used_bytes + 0 * own;", "sim:test_tcp_budget"),
    ("a writer takes what was promised to readers", "src/core/tcp/budget.c",
     "	if (bytes <= have)\n		return bytes;\n	return u32_max(have",
     "	if (bytes > 0)\n		return bytes;\n	return u32_max(have",
     "sim:test_tcp_budget"),
    ("who is idle keeps what was promised", "src/core/tcp/budget.c",
     "	look_for_idle(tcp, tcb, now);\n", "	(void)look_for_idle, (void)now;\n",
     "sim:test_tcp_budget"),
    ("a block of old SACKs is told first", "src/core/tcp/reasm.c",
     "	tcb->recent[0] = seq;", "	tcb->recent[TCP_SACK_BLOCKS_MAX - 1] = seq;",
     "script:tcp/rfc2018-4-sack-blocks.pkt"),
    ("ranges that touch stay apart", "src/core/tcp/reasm.c",
     "		if (seq_lt(range->end, after->start))\n			return;",
     "		if (seq_le(range->end, after->start))\n			return;",
     "sim:test_tcp_pair"),
    ("what came twice is not told", "src/core/tcp/reasm.c",
     "		tcb->dsack = (struct sack_block){ start, tcb->rcv_nxt };\n", "",
     "script:tcp/rfc2883-4-dsack.pkt"),
    ("the window opens by bytes", "src/core/tcp/reasm.c",
     "	if (free >= offered + step)", "	if (free > offered)",
     "script:tcp/rfc9293-3.8.6.2.2-silly-window-receiver.pkt"),
    ("PRR sends one for one", "src/core/tcp/recovery.c",
     "	if (in_flight > ssthresh) {", "	if (false) {", "script:tcp/rfc9937-6.2-proportional.pkt"),
    ("late ACKs do not undo a time-out", "src/core/tcp/recovery.c",
     "		if (step->orig_acked)\n			return true;\n", "",
     "script:tcp/rfc5682-2.1-late-acks.pkt"),
    ("behind a real time-out nothing leaves", "src/core/tcp/recovery.c",
     "	FRTO_WINDOW = 3, ", "	FRTO_WINDOW = 1, ", "script:tcp/rfc5682-2.1-a-real-time-out.pkt"),
    ("an echo undoes nothing", "src/core/tcp/recovery.c",
     "		is_spurious |= is_undone_by_echo(tcb, step);", "		(void)is_undone_by_echo;",
     "script:tcp/rfc3522-3.2-eifel.pkt"),
    ("a DSACK undoes nothing", "src/core/tcp/recovery.c",
     "		is_spurious = is_undone_by_dsack(tcb, step);", "		(void)is_undone_by_dsack;",
     "script:tcp/rfc3708-2-dsack-undo.pkt"),
    ("a leg of a split connection is of the other side", "src/core/engine/show_sock.c",
     "splice_is_outside(tcb->key.zone) ?", "!splice_is_outside(tcb->key.zone) ?",
     "sim:test_split"),
    ("what comes in from outside is split without being meant", "src/core/splice/splice.c",
     "(rule->in_if == UINT16_MAX && !inbound)", "rule->in_if == UINT16_MAX", "sim:test_split"),
    ("the leg to the server has the rule's congestion control, wherever it is", "src/core/splice/split.c",
     "	if (is_outside(split, leg))\n		opt->cc", "	if (leg == SPLICE_SERVER)\n		opt->cc", "sim:test_split"),
    ("RACK believes an echo of the original", "src/core/tcp/rack.c",
     "	return step->now - rec->sent_ns < tcb->air->cc.min_rtt_ns;", "	return false;",
     "unit:core_tcp/test_rack"),
    ("what was sent again is reordering", "src/core/tcp/rack.c",
     "seq_lt(rec->end, air->rack_fack) && (rec->flags & REC_EVER_AGAIN) == 0)",
     "seq_lt(rec->end, air->rack_fack))", "unit:core_tcp/test_rack"),
    ("RACK waits for reordering where there is none", "src/core/tcp/rack.c",
     "	if (!tcb->rack_reordering && (loss_in_recovery(tcb)",
     "	if (false && (loss_in_recovery(tcb)", "script:tcp/rfc8985-6.2-dupthresh-waits-for-nothing.pkt"),
    ("a DSACK does not widen the window of reordering", "src/core/tcp/rack.c",
     "			tcb->rack_reo_mult++;", "			tcb->rack_reo_mult = 1;",
     "unit:core_tcp/test_rack"),
    ("the timer of reordering is not set", "src/core/tcp/rack.c",
     "			deadline_ns = rec->sent_ns + wait_ns;\n			break;",
     "			break;", "script:tcp/rfc8985-6.2-reordering-timer.pkt"),
    ("what left twice measures a round trip", "src/core/tcp/rtt.c",
     "	if (rec->flags & REC_EVER_AGAIN) {\n		step->again_acked |= by_number;\n		return;\n	}",
     "", "unit:core_tcp/test_rtt"),
    ("a measurement leaves the back-off", "src/core/tcp/rtt.c",
     "	tcb->backoff = 0;\n	tcb->rto_ns = rtt_rto(tcp, tcb);", "	tcb->rto_ns = rtt_rto(tcp, tcb) << tcb->backoff;",
     "unit:core_tcp/test_rtt"),
    ("the variance is of the new round trip", "src/core/tcp/rtt.c",
     "		tcb->rttvar_ns = (3 * tcb->rttvar_ns + off_ns) / 4;\n		tcb->srtt_ns = (7 * tcb->srtt_ns + rtt_ns) / 8;",
     "		tcb->srtt_ns = (7 * tcb->srtt_ns + rtt_ns) / 8;\n		tcb->rttvar_ns = (3 * tcb->rttvar_ns + (tcb->srtt_ns > rtt_ns ? tcb->srtt_ns - rtt_ns : rtt_ns - tcb->srtt_ns)) / 4;",
     "unit:core_tcp/test_rtt"),
    ("an echo of the future is a round trip", "src/core/tcp/rtt.c",
     " || now_ts - echo > tcp->conf.rto_max_ms)", ")", "unit:core_tcp/test_rtt"),
    ("the time-out doubles without end", "src/core/tcp/rtt.c",
     "	tcb->rto_ns = rto_bounded(tcp, 2 * tcb->rto_ns);", "	tcb->rto_ns = 2 * tcb->rto_ns;",
     "unit:core_tcp/test_rtt"),
    ("a pause counts as slowness", "src/core/tcp/rate.c",
     "		air->first_sent_ns = air->delivered_ns = now;", "		(void)now;",
     "unit:core_tcp/test_rate"),
    ("the rate is that of acknowledging alone", "src/core/tcp/rate.c",
     "	rate->interval_ns = rec->sent_ns - rec->first_sent_ns;", "	rate->interval_ns = 0;",
     "unit:core_tcp/test_rate"),
    ("the oldest segment of an ACK makes the sample", "src/core/tcp/rate.c",
     "	    !sent_before(air->first_sent_ns, step->rate_end, rec->sent_ns, rec->end))",
     "	    sent_before(air->first_sent_ns, step->rate_end, rec->sent_ns, rec->end))",
     "unit:core_tcp/test_rate"),
    ("a rate is of less than a round trip", "src/core/tcp/rate.c",
     "rate->interval_ns < air->cc.min_rtt_ns)", "rate->interval_ns == 0)",
     "unit:core_tcp/test_rate"),
    ("who mends a hole has nothing to send", "src/core/tcp/rate.c",
     "	if (air->lost_bytes > 0)\n		return;\n", "", "unit:core_tcp/test_rate"),
    ("a handle outlives its connection", "src/core/tcp/user.c",
     "	    tcp_id_at(tcp, idx) != id ||\n", "", "unit:core_tcp/test_user"),
    ("unread data are closed in order", "src/core/tcp/user.c",
     "tcb->state == TCP_SYN_SENT || tcb->rcv.len > 0 ||", "tcb->state == TCP_SYN_SENT ||",
     "script:tcp/rfc2525-2.17-close-with-unread-data.pkt"),
    ("a connect out of TIME-WAIT begins anywhere", "src/core/tcp/user.c",
     "		tcb->iss = iss + 1;", "		tcb->iss += 1;",
     "script:tcp/rfc6191-2-connect-out-of-time-wait.pkt"),
    ("who writes more is pushed at once", "src/core/tcp/user.c",
     "		flag_set(tcb, TCB_MORE, more);", "		flag_set(tcb, TCB_MORE, false);",
     "script:tcp/msg-more.pkt"),
    ("what is written behind a FIN is taken", "src/core/tcp/user.c",
     "	if (tcb->state == TCP_CLOSED || (tcb->flags & TCB_FIN_QUEUED) != 0)\n		return 0;\n	room",
     "	if (tcb->state == TCP_CLOSED)\n		return 0;\n	room",
     "unit:core_tcp/test_user"),
    ("an orphan in FIN-WAIT-2 stays for ever", "src/core/tcp/state.c",
     "	if (state == TCP_FIN_WAIT_2 && (tcb->flags & TCB_ORPHAN) != 0)", "	if (false)",
     "script:tcp/rfc9293-3.6-orphan-fin-wait-2.pkt"),
    ("a close before it stands is forgotten", "src/core/tcp/state.c",
     "		tcb->state = state = TCP_FIN_WAIT_1;", "		(void)tcb;",
     "script:tcp/rfc9293-3.10.4-shutdown-before-established.pkt"),
    ("who had to send its SYN again begins with ten segments", "src/core/tcp/state.c",
     "tcb->syn_retries > 0 ? mss : cc_initial_window(mss)", "cc_initial_window(mss)",
     "script:tcp/rfc5681-3.1-syn-was-lost.pkt"),
    ("an ACK that is owed dies with TIME-WAIT", "src/core/tcp/state.c",
     "			emit_ack_of(tcp, tcb, now);", "			(void)now;",
     "script:tcp/rfc9293-3.6-close-here-first.pkt"),
    ("what is behind a ring's gap is read", "src/core/tcp/buffer.c",
     "if (at >= ring->len || max == 0)", "if (at >= ring->span || max == 0)",
     "unit:core_tcp/test_buffer"),
    ("blocks are not put together again", "src/core/tcp/buffer.c",
     "	for (; order < BUFFER_ORDER_MAX; order++) {\n		u32 buddy",
     "	for (; order < 1; order++) {\n		u32 buddy", "unit:core_tcp/test_buffer"),
    ("a ring forgets how much it held", "src/core/tcp/buffer.c",
     "u32_min(ring->peak, RING_BEGIN_MAX)", "0", "unit:core_tcp/test_buffer"),
    ("segments that leave together count as one", "src/core/tcp/emit.c",
     "segs_out += pkt_segment_count(pkt)", "segs_out++", "sim:test_tcp_pair"),
    ("data of the second run keep the halves of their sum", "src/core/tcp/emit.c",
     "len % 2 == 0 ? run : csum_odd(run)", "run", "unit:core_tcp/test_emit"),
    ("a reset of an ACK acknowledges", "src/core/tcp/emit.c",
     """		reset.seq = seg->ack;
	} else {""", """		reset.seq = seg->ack;
		reset.flags |= TCP_ACK;
	} else {""", "unit:core_tcp/test_emit"),
    ("an extension stays as it began", "src/core/tcp/signed.c",
     "(struct auth_mark){ seq, sne_of(mark, seq, flags) }",
     "(struct auth_mark){ seq, mark->sne }", "sim:test_tcp_ao"),
    ("an answer on the short cut is not seen", "src/core/path/transmit.c",
     " &&\n	    (flow->flags & FLOW_ANSWERED) != 0)\n", ")\n", "unit:core_path/test_fast"),
    ("who asks for metrics is knocked on for without a rest", "src/host/ctl/metrics.c",
     "	evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(bound), on_refused);\n",
     "	(void)on_refused;\n", "unit:host_ctl/test_metrics"),
    ("the listener of metrics rests for ever", "src/host/ctl/metrics.c",
     "	evconnlistener_enable(arg);\n", "	(void)arg;\n", "unit:host_ctl/test_metrics"),
    ("who may not call stays until he goes", "src/core/routing/bgp/line.c",
     "		set_number(bgp, sock, SOCK_OPT_LINGER, 0);\n		bgp->env", "		bgp->env",
     "sim:test_bgp_slow"),
    ("one LSA is sent as often as a request names it", "src/core/routing/ospf/lsreq.c",
     "		if (stands_before(in, at))\n			continue;\n", "",
     "script:ospf/rfc2328-10.7-asked-again-and-again.step"),
    ("neighbours of one link take the places of all", "src/core/routing/rip/rip_in.c",
     "	if (idx == IDX_NONE)\n		idx = neigh_room(rip, iface, now);\n", "",
     "unit:core_routing_rip/test_rip_in"),
    ("a link has more than its share of neighbours", "src/core/routing/rip/rip_in.c",
     "	if (held[iface] >= share)\n", "	if (held[iface] > share)\n",
     "unit:core_routing_rip/test_rip_in"),
    ("slow start counts twice what SACK told of", "src/core/tcp/cc_part.h",
     "	return u32_min(ack->una_bytes, ack->acked_bytes);", "	return ack->una_bytes;",
     "script:tcp/rfc5681-3.1-what-sack-told-of.pkt"),
    ("nobody waits for a closed window as long as its peer likes", "src/core/tcp/timer.c",
     "(tcb->flags & TCB_ORPHAN) != 0 && ", "false && ",
     "script:tcp/rfc6429-4-orphan-with-a-closed-window.pkt"),
    ("the reset of an abort is of no flow", "src/core/engine/socket.c",
     "	path_send_socks(&s->path, s->now);\n	end_own_flow", "	end_own_flow",
     "unit:core_path/test_sock_tcp"),
    ("each BoRR makes the table be read", "src/core/routing/bgp/gr.c",
     "	if (!rib_client_has_era(bgp->env.rib, peer->client))\n		return;\n", "",
     "sim:test_bgp_slow"),
    ("another BoRR takes away what is stale", "src/core/routing/bgp/gr.c",
     "	if (peer->stale)\n		rib_client_stale(bgp->env.rib, peer->client);\n	else\n",
     "	stale_end(bgp, peer);\n", "script:bgp/rfc7313-4-another-borr.step"),
    ("a peer without a hold timer may take nothing", "src/core/routing/bgp/line.c",
     "waits && line->state == BGP_ESTABLISHED;",
     "waits && line->state == BGP_ESTABLISHED && line->hold_ns > 0;", "sim:test_bgp"),
    ("what had no room is told as said", "src/core/routing/bgp/peer.c",
     "	peer->unsaid = to == NULL;\n", "	peer->unsaid = false;\n", "sim:test_bgp"),
    ("an old segment brings a key back", "src/core/tcp/signed.c",
     "	if (state->has_peer && !is_new)\n		return;\n",
     "	(void)is_new;\n", "sim:test_tcp_ao"),
    ("segments of a connection are believed unsigned", "src/core/tcp/in.c",
     "	if ((seg.auth != NULL || seg.opt.auth_kind != 0) &&",
     "	if (seg.opt.auth_kind != 0 &&", "sim:test_tcp_signed"),
    ("TIME-WAIT believes everybody", "src/core/tcp/in.c",
     "		if (!auth_in(tcp, timewait_auth(tcp, at), seg) ||\n		    timewait_in",
     "		if (timewait_in", "sim:test_tcp_signed"),
    ("several signed segments leave as one", "src/core/tcp/out.c",
     "!fin && tcb->auth == 0)", "!fin)", "sim:test_tcp_signed"),
    ("the option does not count in the size of a segment", "src/core/tcp/pmtu.c",
     "	tcb->hdr_opt_len = (u8)(tcb->hdr_opt_len + tcb->auth_opt_len);\n", "",
     "sim:test_tcp_signed"),
    ("a secret stays in memory", "src/core/tcp/keys.c",
     "	memset(keys_at(tcp, idx), 0, sizeof(struct tcp_keys));\n", "",
     "unit:core_tcp/test_keys"),
    ("who signs for nobody is reset unsigned", "src/core/tcp/signed.c",
     "		return seg->opt.auth_kind == 0;\n", "		return true;\n",
     "sim:test_tcp_signed"),
    ("options of a SYN are read anywhere", "src/core/tcp/opt.c",
     "		if (is_syn)\n", "		(void)is_syn;\n", "unit:core_tcp/test_opt"),
    ("the ports do not count in initial sequence numbers", "src/core/tcp/isn.c",
     "	siphash_update(&sip, &key->peer_port, sizeof key->peer_port);\n", "",
     "unit:core_tcp/test_isn"),
    ("challenge ACKs are the same number each second", "src/core/tcp/isn.c",
     "limit - rng_below(&tcp->rng, limit / 2 + 1)", "limit", "unit:core_tcp/test_isn"),
    ("a listener of any address wins", "src/core/tcp/listen.c",
     "return 1 + 2u * addr + zone;", "return 3 - 2u * addr + zone;",
     "unit:core_tcp/test_listen"),
    ("SYN,ACK waits equally long each time", "src/core/tcp/listen.c",
     "(u64)tcp->conf.rto_initial_ms << level;",
     "(u64)tcp->conf.rto_initial_ms << (level & 0);", "unit:core_tcp/test_listen"),
    ("SYN,ACK is thrown away where the outbox is full", "src/core/tcp/listen.c",
     """			if (tcp->outbox_count == TCP_OUTBOX_MAX)
				return;
""", "", "unit:core_tcp/test_listen"),
    ("a RST anywhere in the window ends a half-open connection", "src/core/tcp/handshake.c",
     "		if (seg->seq == rec->irs + 1)\n", "		if (seg->seq != rec->irs)\n",
     "unit:core_tcp/test_handshake"),
    ("a wrong acknowledgment ends a half-open connection", "src/core/tcp/handshake.c",
     """		emit_reset_for(tcp, seg);
		return false;
	}
	return half_open_complete""", """		emit_reset_for(tcp, seg);
		half_open_failed(tcp, idx);
		return false;
	}
	return half_open_complete""", "unit:core_tcp/test_handshake"),
    ("a connection more than the backlog is let in", "src/core/tcp/handshake.c",
     "if (listener->waiting >= listener->backlog) {",
     "if (listener->waiting > listener->backlog) {", "unit:core_tcp/test_handshake"),
    ("a handshake ends without a control block", "src/core/tcp/handshake.c",
     "if (tcp->tcbs.live == tcp->tcbs.cap) {", "if (tcp->tcbs.live > tcp->tcbs.cap) {",
     "unit:core_tcp/test_handshake"),
    ("data behind a lost ACK of a cookie are reset", "src/core/tcp/handshake.c",
     "if (fit == COOKIE_EARLY) {", "if (fit == COOKIE_GOOD) {", "sim:test_tcp_open"),
    ("the owner of a listener does not hear who waits", "src/core/tcp/accept.c",
     "	tcb_list_add(tcp, &tcp->news, idx, offsetof(struct tcb, in_news));\n", "",
     "unit:core_tcp/test_accept"),
    ("who waits outlives the listener", "src/core/tcp/accept.c",
     "		tcp_abort(tcp, tcp_id_at(tcp, idx), now);\n", "		(void)now;\n",
     "unit:core_tcp/test_accept"),
    ("the shift of the peer may be above 14", "src/core/tcp/handshake.c",
     "(u8)u32_min(opt->wscale, TCP_WSCALE_MAX)", "opt->wscale",
     "unit:core_tcp/test_handshake"),
    ("a SYN out of TIME-WAIT begins anywhere", "src/core/tcp/handshake.c",
     "if (seg->has_iss_above && seq_le(iss, seg->iss_above))",
     "if (seg->has_iss_above && seq_lt(iss, seg->iss_above))", "unit:core_tcp/test_handshake"),
    ("a cookie is good for ever", "src/core/tcp/cookie.c",
     "	siphash_update(&sip, &cookie->slot, sizeof cookie->slot);\n", "",
     "unit:core_tcp/test_cookie"),
    ("options of a cookie can be changed", "src/core/tcp/cookie.c",
     "	siphash_update(&sip, &cookie->options, sizeof cookie->options);\n", "",
     "unit:core_tcp/test_cookie"),
    ("a cookie's timestamp runs ahead", "src/core/tcp/cookie.c",
     "seq_gt(marked, ts) ? marked - TS_BITS - 1 : marked", "marked",
     "unit:core_tcp/test_cookie"),
    ("a cookie's segments are larger than the peer's", "src/core/tcp/cookie.c",
     "cookie_mss[index] > mss", "cookie_mss[index] > mss + 100", "unit:core_tcp/test_cookie"),
    ("a FIN that comes again wins no time", "src/core/tcp/timewait.c",
     """	wait_ack(tcp, wait, now);
	list_remove(tcp, idx);
	list_add(tcp, idx, now);
""", """	wait_ack(tcp, wait, now);
""", "unit:core_tcp/test_timewait"),
    ("an old SYN takes the place of TIME-WAIT", "src/core/tcp/timewait.c",
     "return seq_gt(seg->opt.tsval, wait->ts_recent) ||",
     "return seq_ge(seg->opt.tsval, wait->ts_recent) ||", "unit:core_tcp/test_timewait"),
    ("TIME-WAIT is lost to a SYN for nobody", "src/core/tcp/timewait.c",
     """ || !is_new(wait, seg) ||
	    listen_find(tcp, &seg->key) == IDX_NONE) {""", """ || !is_new(wait, seg)) {""",
     "unit:core_tcp/test_timewait"),
    ("RST ends TIME-WAIT whatever RFC 1337 says", "src/core/tcp/timewait.c",
     "if (!fits || tcp->conf.rfc1337)", "if (!fits)", "unit:core_tcp/test_timewait"),
    ("a connect takes the place of TIME-WAIT at once", "src/core/tcp/timewait.c",
     "now - wait->ts_recent_ns < NS_PER_SEC", "now < wait->ts_recent_ns",
     "unit:core_tcp/test_timewait"),
    ("a deadline that is put off stays the earliest", "src/core/base/heap.c",
     """	else
		heap_down(heap, at, place);
}

u32 heap_due""", """	else
		heap_up(heap, at, place);
}

u32 heap_due""", "unit:core_base/test_heap"),
    ("a chain is cut at its head", "src/core/base/map.c",
     "	*at = map->link[idx];\n", "	map->head[hash_range(hash, map->head_count)] = map->link[idx];\n",
     "unit:core_base/test_map"),
    ("the flow enters the table before it has its translation", "src/core/path/postrouting.c",
     """	v = nat_src(path->nat, path->ct, path->drops, pkt, idx, &way);

	path_drain_ended(path, now);
	if (verdict_is_accept(v))
		v = check_source_beyond(path, pkt, !be32_eq(flow->repl.dst, flow->orig.src));
	if (!verdict_is_accept(v))
		return v;
	if (ct_confirm(path->ct, idx, now) != ERR_OK) {
		path->ct->stats.refused++;
		return pkt_drop(path->drops, pkt, DROP_CT_FULL);
	}
	if (path_is_traced(path))
		tell_source(path, pkt);
	return VERDICT_ACCEPT;
""",
     """	if (ct_confirm(path->ct, idx, now) != ERR_OK) {
		path->ct->stats.refused++;
		return pkt_drop(path->drops, pkt, DROP_CT_FULL);
	}
	v = nat_src(path->nat, path->ct, path->drops, pkt, idx, &way);
	if (verdict_is_accept(v))
		v = check_source_beyond(path, pkt, !be32_eq(flow->repl.dst, flow->orig.src));
	return v;
""",
     "sim:test_kill"),
    ("a dead packet's flow is not abandoned", "src/core/path/bury.c",
     """		ct_abandon(path->ct, pkt->flow >> 1);
""", "", "sim:test_kill"),
    ("an ended flow keeps its port", "src/core/nat/nat.c",
     """		nat_port_release(nat, flow);
""", """		(void)nat;
""", "sim:test_ports"),
    ("the checksum of answers moves the wrong way", "src/core/nat/rewrite.c",
     """		rewrite_to(pkt, flow->proto, &to, (u16)~flow->delta_l3, (u16)~flow->delta_l4);
""",
     """		rewrite_to(pkt, flow->proto, &to, (u16)~flow->delta_l3, flow->delta_l4);
""", "sim:test_nat"),
    ("a UDP checksum of zero is changed on the slow road", "src/core/nat/rewrite.c",
     """	if (udp->csum.raw == 0)
		return;
""", "", "sim:test_nat"),
    ("a UDP checksum of zero is changed on the fast road", "src/core/path/receive.c",
     """		if (udp->csum.raw != 0) {
""", """		{
""", "sim:test_nat"),
    ("a UDP checksum may become zero", "src/core/nat/rewrite.c",
     """	udp->csum = csum_apply(udp->csum, delta_l4);
	if (udp->csum.raw == 0)
		udp->csum.raw = 0xffff;
""",
     """	udp->csum = csum_apply(udp->csum, delta_l4);
""", "sim:test_nat"),
    ("a port that was drawn ahead is given though it is taken", "src/core/nat/port.c",
     """	       port_is_free(nat, ct, flow, &nat->address[address], port);
""", """	       ct != NULL && flow != NULL && address < nat->address_count;
""", "unit:core_nat/test_port"),
    ("what was drawn ahead is not what is given", "src/core/nat/nat.c",
     """draw->address == address ? nat_draw_use(draw) : 0;""",
     """draw->address == address ? (u16)(nat_draw_use(draw) ^ 1) : 0;""", "unit:core_nat/test_port"),
    ("a sum of two words loses its carry", "src/core/wire/checksum.h",
     """	return (u16)((sum + (sum << 16 | sum >> 16)) >> 16);
""", """	return (u16)(sum + (sum >> 16));
""", "unit:core_wire/test_checksum"),
    ("an owned port is given to another inside endpoint", "src/core/nat/port.c",
     """		bits = word_allowed(&ports, word) & ~space->mapped[word];
""",
     """		bits = word_allowed(&ports, word);
""", "sim"),
    ("a quoted header keeps its checksum", "src/core/nat/embedded.c",
     """	quote->ip->csum = csum_apply(quote->ip->csum, csum_delta(old_addrs, new_addrs));
""", "", "sim:test_nat"),
    ("a router with a one-to-one address is hidden like others", "src/core/nat/embedded.c",
     """	return nat_static_public(nat, from, zone, &outside) ? outside : known_as;
""", """	(void)nat_static_public(nat, from, zone, &outside);
	return known_as;
""", "sim:test_behave"),
    ("a rule for some destinations serves all", "src/core/nat/nat.c",
     """	    !prefix_holds(rule->dest, rule->dest_len, t->dst))
""", """	    rule->dest_len > 32)
""", "unit:core_nat/test_nat"),
    ("parity is kept although it need not be", "src/core/nat/port.c",
     """		if (parity && turn % 2 == 0)
""", """		(void)parity;
		if (turn % 2 == 0)
""", "unit:core_nat/test_nat"),
    ("a forged error is believed", "src/core/nat/embedded.c",
     """	if (!be32_eq(ip->dst, quote.ip->src))
		return IDX_NONE;
""", """	(void)ip;
""", "sim:test_nat"),
    ("the fast road forgets that a redirect is due", "src/core/path/receive.c",
     """	if (path->redirects && neigh->out_if == pkt->in_if)
		return false;
""", "", "unit:core_path/test_fast"),
    ("a segment that can not be split is split for its quotation", "src/core/ip/icmp_error.c",
     """	if (!pkt_is_segmentable(pkt))
""", """	if (pkt->gso_type != GSO_TCP4 && pkt->gso_type != GSO_UDP_L4)
""", "unit:core_ip/test_icmp_error"),
    ("the checksum inside of a tunnel is taken for the outer one", "src/core/pkt/segment.h",
     """	return (pkt->flags & PKT_CSUM_PARTIAL) != 0 && pkt->csum_start == pkt->l4 - pkt->l3;
""", """	return (pkt->flags & PKT_CSUM_PARTIAL) != 0;
""", "unit:core_nat/test_rewrite"),
    ("a driver may have a field of the IP header finished", "src/core/ip/ip.c",
     """	if (pkt->csum_start < ip4_hlen(ip) || !pkt_csum_fits(pkt))
""", """	if (!pkt_csum_fits(pkt))
""", "unit:core_ip/test_ip"),
    ("the fast road keeps the TTL", "src/core/path/receive.c",
     """	ip->ttl--;
""", "", "sim"),
    ("the fast road lets a packet through whose TTL ran out", "src/core/path/receive.c",
     """	if (!neigh->usable || ip->ttl <= 1)""", """	if (!neigh->usable || ip->ttl == 0)""", "sim"),
    ("what was looked up ahead is believed", "src/core/path/receive.c",
     """	       tuple_eq(flow_tuple(flow, dir), &t) && flow->proto == proto &&
""", """	       tuple_eq(&t, &t) && flow->proto == proto &&
""", "unit:core_path/test_batch"),
    ("packets without a flow overtake the others", "src/core/path/receive.c",
     """		u32 match = step - 1, settle = step - 2, act = step - 3;""",
     """		u32 match = step - 1, settle = step - 2, act = count - 1 - (step - 3);""",
     "unit:core_path/test_batch"),
    ("a tag is read twice, another not at all", "src/core/ct/index.h",
     """bucket + 4 * sizeof""", """bucket + 3 * sizeof""", "unit:core_ct/test_index"),
    ("the fast road forgets to look at the MTU", "src/core/path/receive.c",
     """		return pkt->len <= neigh->mtu;
""", """		return true;
""", "sim"),
    ("a filter knows the service and not its backend", "src/core/nat/nat.c",
     """nat_peer_add(nat, mapping, flow->repl.src)""",
     """nat_peer_add(nat, mapping, flow->orig.dst)""", "unit:core_nat/test_nat"),
    ("a route takes a broadcast from its interface", "src/core/engine/reload.c",
     """	return type == FIB_LOCAL || type == FIB_BROADCAST;""",
     """	return type == FIB_LOCAL;""", "sim:test_router"),
    ("a port does not rest", "src/core/nat/mapping.c",
     """		if (ct_ms(now) - rec->idle_ms < nat->conf.quarantine_s * 1000)
			return;
""", """		(void)rec;
		(void)now;
""", "sim:test_nat"),
    ("a mapping that rests admits strangers", "src/core/nat/nat.c",
     """	if (rec->flow_count == others)
		return VERDICT_ACCEPT;
""", """	(void)others;
""", "sim"),
    ("the filter admits everybody", "src/core/nat/nat.c",
     """		return nat_peer_find(nat, idx, remote);
""", """		return idx + remote.raw + nat->address_count > 0;
""", "sim:test_nat"),
    ("expiry does not ask when the last packet came", "src/core/ct/expire.c",
     """		if (flow_silent(ct, &ct->flow[idx], now_ms)) {
			sweep_end(ct, idx);
""",
     """		if (idx != head) {
			sweep_end(ct, idx);
""", "sim"),
    ("a look-up finds flows whose time is over", "src/core/ct/ct.c",
     """	if (ref == IDX_NONE || !ct_is_expired(ct, ref >> 1, now))
		return ref;
""",
     """	if (ref == IDX_NONE || !ct_is_expired(ct, ref >> 1, now) || now > 0)
		return ref;
""", "unit:core_ct/test_expire"),
    ("a hairpin shows the inside source", "src/core/nat/nat.c",
     """	if (!way->from_inside || (!way->to_outside && (flow->flags & FLOW_HAIRPIN) == 0))
""",
     """	if (!way->from_inside || !way->to_outside)
""", "sim:test_nat"),
    ("an untranslated source leaves", "src/core/nat/nat.c",
     """		return pkt_drop(stats, pkt, DROP_MARTIAN_OUT);
""", """		return VERDICT_ACCEPT;
""", "sim:test_kill"),
    ("DF is not respected", "src/core/ip/pmtu.c",
     """	if (wire_len <= mtu || !df)
""", """	if (wire_len <= mtu || !df || mtu > 0)
""", "sim:test_icmp"),
    ("overlapping fragments are taken", "src/core/ip/reass.c",
     """		if (frag->end > facts->begin)
			return PLACE_OVERLAP;
""", "", "sim:test_kill"),
    ("only the first fragment says whether all stations got it", "src/core/ip/reass.c",
     """		whole->flags |= frag->pkt->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST);
""", "", "unit:core_ip/test_reass"),
    ("the same fragment may end its packet and not end it", "src/core/ip/reass.c",
     """	       frag_at(reass, queue->last)->end >= facts->end;
""", """	       frag_at(reass, queue->last)->end > facts->end;
""", "unit:core_ip/test_reass"),
    ("an ICMP error answers an ICMP error", "src/core/ip/icmp_error.c",
     """	if (ip->proto == IP_PROTO_ICMP && !is_icmp_query(pkt, ip))
		return ICMP_REFUSED_ERROR;
""", """	(void)is_icmp_query;
""", "sim:test_icmp"),
    ("an ICMP error ignores the rate limit", "src/core/ip/icmp_error.c",
     """	*why = rate_take(icmp, about->src, now);
""", """	(void)rate_take(icmp, about->src, now);
	*why = ICMP_SENT;
""", "sim:test_icmp"),
    ("a flow remembers a neighbour that is somebody else now", "src/core/iface/neigh.c",
     """	table->lost_count += neigh_at(table, idx)->gen > 0;
""", "", "sim:test_road"),
    ("a SYN's timestamps do not count", "src/core/ct/ct_tcp.c",
     """		tcp_opt_find(tcp, TCP_OPT_TIMESTAMPS, TIMESTAMPS_LEN) != NULL);
""", """		false);
""", "sim:test_tcp"),
    ("a directed broadcast from elsewhere is received", "src/core/path/input.c",
     """	if (type == FIB_BROADCAST && is_from_elsewhere(path, pkt))
""", """	if (type == FIB_NONE && is_from_elsewhere(path, pkt))
""", "sim:test_router"),
    ("most ports begin behind those of the host", "src/core/nat/port.c",
     """	return spare > 0 && word >= from ? word + spare : word;
""", """	return word;
""", "unit:core_nat/test_port"),
    ("a fragment loses the unused bit", "src/core/ip/frag.c",
     """	u32 frag = be16_host(whole->frag);
""", """	u32 frag = be16_host(whole->frag) & 0x7fff;
""", "sim:test_router"),
    ("a damaged segment is answered", "src/core/pkt/segment.c",
     """	if (ip->proto == IP_PROTO_UDP) {
		if (udp->csum.raw == 0)
			return true;
""", """	if (ip->proto == IP_PROTO_UDP || len > 0) {
		if (udp->csum.raw == 0 || len > 0)
			return true;
""", "sim"),
    ("redirects are translated", "src/core/path/prerouting.c",
     """		return pkt_drop(path->drops, pkt, DROP_ICMP_REDIRECT);
""", """		return VERDICT_ACCEPT;
""", "sim"),
    ("a redirect to who is on another network", "src/core/path/forward.c",
     """	    !iface_same_net(iface, ip->src, gateway) ||
""", "", "sim:test_icmp"),
    ("a RST keeps its flow", "src/core/ct/track.c",
     """	case IP_PROTO_TCP: return ct_tcp_is_reset(pkt);
""", """	case IP_PROTO_TCP: return false;
""", "sim:test_nat"),
    ("SCTP: an ABORT keeps its flow", "src/core/ct/track.c",
     """	case IP_PROTO_SCTP: return ct_sctp_ends(pkt);
""", "", "unit:core_ct/test_ct_sctp"),
    ("SCTP: an ABORT begins a flow", "src/core/ct/track.c",
     """	if ((ip->proto == IP_PROTO_SCTP && ct_sctp_ends(pkt)) ||
	    (ip->proto == IP_PROTO_DCCP && ct_dccp_is_reset(pkt)))
""", """	if (ip->proto == IP_PROTO_DCCP && ct_dccp_is_reset(pkt))
""", "unit:core_ct/test_ct_sctp"),
    ("DCCP: a Reset keeps its flow", "src/core/ct/track.c",
     """	case IP_PROTO_DCCP: return ct_dccp_is_reset(pkt);
""", "", "unit:core_ct/test_ct_dccp"),
    ("DCCP: a Reset begins a flow", "src/core/ct/track.c",
     """	    (ip->proto == IP_PROTO_DCCP && ct_dccp_is_reset(pkt)))
""", """	    false)
""", "unit:core_ct/test_ct_dccp"),
    ("DCCP: any acknowledgement will do", "src/core/ct/ct_dccp.c",
     """	return behind >= 0 && behind < DCCP_WINDOW;
""", """	return behind < DCCP_WINDOW;
""", "unit:core_ct/test_ct_dccp"),
    ("DCCP: numbers may jump", "src/core/ct/ct_dccp.c",
     """		if (!seq_fits(own, seq) || (view->acks && !ack_fits(peer, view)))
""", """		if ((!view->acks && !seq_fits(own, seq)) || (view->acks && !ack_fits(peer, view)))
""", "unit:core_ct/test_ct_dccp"),
    ("DCCP: short numbers have no upper half", "src/core/ct/ct_dccp.c",
     """	return is_long ? number : (last + (u64)(s64)step) & SEQ_MASK;
""", """	return is_long ? number : (last & ~UINT64_C(0xffffff)) | ((last + (u64)(s64)step) & 0xffffff);
""", "unit:core_ct/test_ct_dccp"),
    ("DCCP: a forged Request leaves its number", "src/core/ct/ct_dccp.c",
     """		seq_learn(own, seq, state == FLOW_DCCP_REQUEST && view->type == DCCP_RESPONSE);
""", """		seq_learn(own, seq, false);
""", "unit:core_ct/test_ct_dccp"),
    ("DCCP: who began the flow is the client", "src/core/ct/ct_dccp.c",
     """	if (own != NULL && view.type != DCCP_LISTEN &&
""", """	if (own != NULL &&
""", "unit:core_ct/test_ct_dccp"),
    ("DCCP: one side alone opens", "src/core/ct/ct_dccp.c",
     """	if (next != FLOW_DCCP_OPEN || (flow->flags & FLOW_ANSWERED) != 0)
""", "", "unit:core_ct/test_ct_dccp"),
    ("DCCP: headers may be longer than the packet", "src/core/ct/ct_dccp.c",
     """	if (view->type >= DCCP_TYPE_COUNT || hlen > pkt_l4_len(pkt) ||
""", """	if (view->type >= DCCP_TYPE_COUNT ||
""", "unit:core_ct/test_ct_dccp"),
    ("a flow that is asked about is not found", "src/core/ct/ct.c",
     """	return ct_ms(now) - at->seen_ms >= flow_lasts_ms(ct, at);
""", """	return ct_ms(now) - at->seen_ms >= flow_timeout_ms(ct, at);
""", "unit:core_path/test_probe"),
    ("an expiry probe has the number that is expected", "src/core/ip/tcp_reset.c",
     """		.seq = be32_of(seq - 1),
""", """		.seq = be32_of(seq),
""", "unit:core_path/test_probe"),
    ("expiry probes go to who began the flow", "src/core/path/probe.c",
     """	*dir = is_inside(path, flow->orig.src, flow->zone[TUPLE_ORIG]) ? TUPLE_ORIG : TUPLE_REPLY;
""", """	*dir = is_inside(path, flow->orig.src, flow->zone[TUPLE_ORIG]) ? TUPLE_ORIG : TUPLE_ORIG;
""", "unit:core_path/test_probe"),
    ("expiry probes have no limit in a second", "src/core/ct/expire.c",
     """	if (ct->probe_count == CT_PROBES_TICK || ct->probe_spent == CT_PROBES_SLOT)
""", """	if (ct->probe_count == CT_PROBES_TICK)
""", "unit:core_ct/test_probe"),
    ("an answer within a step of a short time-out is none", "src/core/ct/expire.c",
     """	if (probes > 0 && silent_ms < timeout_ms + (probes - 1) * CT_PROBE_STEP_MS) {
""", """	if (probes > 0 && silent_ms < timeout_ms) {
""", "unit:core_path/test_probe"),
    ("expiry probes are not counted", "src/core/ct/expire.c",
     """	counting->flags += WINDOW_PROBE;
""", "", "unit:core_ct/test_probe"),
    ("SCTP: the sum does not follow the ports", "src/core/nat/rewrite.c",
     """	crc32c_store(sctp, crc32c_load(sctp) ^ crc32c_flips(before, len));
""", """	crc32c_store(sctp, crc32c_load(sctp) ^ (crc32c_flips(before, len) & 0));
""", "sim"),
    ("DCCP: the sum does not follow the addresses", "src/core/nat/rewrite.c",
     """	case IP_PROTO_DCCP: rewrite_dccp(pkt, to, delta_l3, delta_l4); break;
""", """	case IP_PROTO_DCCP: rewrite_dccp(pkt, to, delta_l3, delta_l3); break;
""", "sim"),
    ("SCTP: established has the time of an opening", "src/core/ct/track.c",
     """	[FLOW_SCTP_ESTABLISHED] = { "established", CT_TIMEOUT_SCTP_ESTABLISHED },
""", """	[FLOW_SCTP_ESTABLISHED] = { "established", CT_TIMEOUT_SCTP_OPENING },
""", "sim"),
    ("DCCP: open has the time of an opening", "src/core/ct/track.c",
     """	[FLOW_DCCP_OPEN] = { "open", CT_TIMEOUT_DCCP_OPEN },
""", """	[FLOW_DCCP_OPEN] = { "open", CT_TIMEOUT_DCCP_OPENING },
""", "unit:core_ct/test_ct_dccp"),
    ("SCTP: any tag will do", "src/core/ct/ct_sctp.c",
     """		return view->tag == own->tag;
	/* Before""", """		return true;
	/* Before""", "unit:core_ct/test_ct_sctp"),
    ("SCTP: the T bit is as good as a tag", "src/core/ct/ct_sctp.c",
     """		return peer->tag != 0 && view->tag == peer->tag;
""", """		return peer->tag != 0;
""", "unit:core_ct/test_ct_sctp"),
    ("SCTP: an announced tag counts at once", "src/core/ct/ct_sctp.c",
     """	case EVENT_INIT_ACK: peer->offered = view->offered; return;
""", """	case EVENT_INIT_ACK: peer->offered = peer->tag = view->offered; return;
""", "unit:core_ct/test_ct_sctp"),
    ("SCTP: a forged COOKIE ECHO brings its tag along", "src/core/ct/ct_sctp.c",
     """		return own->tag == 0 || view->tag == own->tag || view->tag == own->offered;
""", """		return true;
""", "unit:core_ct/test_ct_sctp"),
    ("SCTP: chunks may be longer than the packet", "src/core/ct/ct_sctp.c",
     """		if (len < SCTP_CHUNK_HLEN || len > left || !chunk_read(view, sctp, len))
""", """		if (len < SCTP_CHUNK_HLEN || !chunk_read(view, sctp, len))
""", "unit:core_ct/test_ct_sctp"),
    ("SCTP: INIT need not be alone", "src/core/ct/ct_sctp.c",
     """	if (view->count > 0 && (is_alone(event) || is_alone(view->event[0])))
""", """	if (view->count > 0 && is_alone(event) && is_alone(view->event[0]))
""", "unit:core_ct/test_ct_sctp"),
    ("SCTP: one side alone establishes", "src/core/ct/ct_sctp.c",
     """		else if (next != 0 && (FLOW_SCTP_NONE + next != FLOW_SCTP_ESTABLISHED ||
				       (flow->flags & FLOW_ANSWERED) != 0))
""", """		else if (next != 0)
""", "unit:core_ct/test_ct_sctp"),
    ("SCTP: what does not fit is an answer", "src/core/ct/ct_sctp.c",
     """		ct->stats.unexplained++;
		return;
""", """		ct->stats.unexplained++;
		ct_answer(ct, idx, dir, now_ms);
		return;
""", "unit:core_ct/test_ct_sctp"),
    ("inbound packets keep a flow on the short cut alone", "src/core/path/receive.c",
     """	if (path_refreshes(path, pkt))
		flow->seen_ms = now_ms;
""", """	flow->seen_ms = now_ms;
""", "unit:core_path/test_fast"),
    ("strangers keep a mapping", "src/core/nat/nat.c",
     """	others = ct->conf.outbound_refresh_only ? rec->inward_count : 0;
""", """	others = 0;
""", "unit:core_path/test_refresh"),
    ("the newest mapping at rest makes room", "src/core/nat/mapping.c",
     """	u32 idx = nat->rest_head;

	if (nat->mapping.live < nat->mapping.cap)
""", """	u32 idx = nat->rest_tail;

	if (nat->mapping.live < nat->mapping.cap)
""", "unit:core_nat/test_nat"),
    ("an unfinished sum is changed by the ports on the short cut", "src/core/path/receive.c",
     """		fast_translate_partial(pkt, flow_delta(flow->delta_l3, dir));
""", """		fast_translate_partial(pkt, flow_delta(flow->delta_l4, dir));
""", "unit:core_path/test_fast"),
    ("a capability too many stays", "src/host/os/privilege.c",
     """{ CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF }""",
     """{ CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_SYS_ADMIN }""", "unit:host_os/test_sandbox"),
    ("an interface can not be taken again as it was", "src/host/os/privilege.c",
     """{ CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF }""",
     """{ CAP_NET_ADMIN, CAP_NET_RAW }""", "unit:host_os/test_sandbox"),
    ("memory may become executable", "src/host/os/seccomp.c",
     """	CALL_WITHOUT(mprotect, 2, PROT_EXEC),
""", """	CALL(mprotect),
""", "unit:host_os/test_sandbox"),
    ("a refused call is not named", "src/host/os/seccomp.c",
     """		say_refused(state.name[call]);
""", "", "unit:host_os/test_sandbox"),
    ("a reader keeps its capabilities", "src/host/os/confine.c",
     " || !os_privilege_drop_all())", ")", "unit:prog/test_reader"),
    ("a reader may make any call", "src/prog/reader_work.c",
     "(void)os_confine_calls();", "(void)0;", "unit:prog/test_reader"),
    ("a reader has what else is open", "src/prog/reader_work.c",
     " &&\n	       close_range(FD_SOCKET + 1, ~0u, 0) == 0;", ";", "unit:prog/test_reader"),
    ("what a reader leaves out is not missed", "src/host/conf/conf_flat.c",
     "			if (group->field[next].required)\n				return false;\n",
     "			continue;\n", "unit:host_conf/test_conf_flat"),
    ("a reader's list is longer than its room", "src/host/conf/conf_flat.c",
     "		if (*count == list->count_max)\n			return false;\n", "",
     "unit:host_conf/test_conf_flat"),
    ("what a reader says is not checked as a whole", "src/host/conf/conf_flat.c",
     " &&\n	       conf_check(conf, marks, errors);", ";", "unit:host_conf/test_conf_flat"),
    ("a reader's elements are of any kind", "src/host/conf/conf_sets.c",
     "		if (!is_elem(&elem[i], set->kind) ||\n		    (i", "		if ((i",
     "unit:host_conf/test_conf_flat"),
    ("files of others can be opened", "src/host/os/sandbox.c",
     """	sandbox->landlock_abi = files_enter(conf);
""", """	(void)files_enter;
	sandbox->landlock_abi = 1;
""", "unit:host_os/test_sandbox"),
    ("signs of life do not come in time", "src/host/os/notify.c",
     """enum { SIGNS_EACH_WAIT = 3 };""", """enum { SIGNS_EACH_WAIT = 1 };""",
     "unit:host_os/test_notify"),
    ("what was held back is forgotten", "src/prog/run_log.c",
     """		place->held_back++;
""", "", "unit:prog/test_run_log"),
    ("services: flows are not told that their backend is gone", "src/core/nat/balance_set.c",
     """	backend->gen++;
	b->gen++;
""", """	backend->gen++;
""", "unit:core_path/test_service"),
    ("services: a backend that drains gets new flows", "src/core/nat/balance.c",
     """	return backend_state(backend) == BACKEND_UP && luck""", """	return backend_state(backend) != BACKEND_DOWN && luck""",
     "unit:core_nat/test_balance_set"),
    ("services: a client is reset with the number of a repeated segment",
     "src/core/path/prerouting.c",
     """		seq = sent->end;
""", """		seq += 0;
""", "unit:core_path/test_service"),
    ("services: a lost reset is not sent again", "src/core/path/bury.c",
     """	       (ct_tuple_of(pkt, &key) &&
		balance_find(&path->nat->balance, &key.tuple, key.proto, false) != BALANCE_NONE);
""", """	       (ct_tuple_of(pkt, &key) && false);
""", "unit:core_path/test_service"),
    ("services: their port is given to a mapping", "src/core/nat/port.c",
     """bits &= ~(balance_ports(&nat->balance, nat->address[address].addr, proto,
						word) |
""", "bits &= ~(UINT64_C(0) |\n", "unit:core_nat/test_nat"),
    ("services: weights do not count", "src/core/nat/maglev.c",
     """		.weight = backend->weight,
""", """		.weight = 1,
""", "unit:core_nat/test_balance"),
    ("services: the table follows the order of the configuration", "src/core/nat/maglev.c",
     """	for (; at > 0 && list[at - 1].identity > who->identity; at--)
		list[at] = list[at - 1];
""", "", "unit:core_nat/test_balance"),
    ("services: a flow that ends is counted on", "src/core/nat/balance.c",
     """		CHECK(backend->flow_count > 0);
		backend->flow_count--;
""", "", "unit:core_nat/test_balance"),
    ("services: inside clients are answered past the gateway", "src/core/nat/nat.c",
     """	if ((rule == NULL || rule->kind == NAT_KIND_NONE) && flow_has_backend(flow))
		rule = &hairpin_rule;
""", """	(void)hairpin_rule;
""", "unit:core_path/test_service"),
    ("services: a backend is forgotten when the order changes", "src/core/nat/balance_set.c",
     """		if (backend != BALANCE_NONE)
				b->backend[backend].kept = true;
""".replace("		if", "			if", 1), """			(void)backend;
""", "unit:core_nat/test_balance_set"),
    ("services: a damaged segment costs its flow", "src/core/path/prerouting.c",
     """	if (flow->proto == IP_PROTO_TCP && !pkt_csum_is_right(pkt))
		return pkt_drop(path->drops, pkt, DROP_TRANSPORT_CHECKSUM);
	/* Who""", """	/* Who""", "unit:core_path/test_service"),
    ("the short cut does not ask where a packet came from", "src/core/path/receive.c",
     """ &&
	       fast_source_ok(path, pkt, flow, dir);
""", """ &&
	       (pkt != NULL || fast_source_ok(path, pkt, flow, dir));
""", "unit:core_path/test_source"),
    ("the short cut of first packets does not ask where they came from", "src/core/path/open.c",
     """ ||
	    !path_has_way_back(path, pkt))""", """)""", "unit:core_path/test_source"),
    ("of several ways back only the first counts", "src/core/path/prerouting.c",
     """	for (u32 at = 0; at < route->path_count; at++) {
		if (route->path[at].out_if == out_if)""", """	for (u32 at = 0; at < 1; at++) {
		if (route->path[at].out_if == out_if)""", "unit:core_path/test_source"),
    ("the way back may lead out of the zone", "src/core/path/prerouting.c",
     """	const struct fib *fib = &path->fib[pkt->zone];
	const struct fib_route *route;
""", """	const struct fib *fib = &path->fib[0];
	const struct fib_route *route;
""", "sim"),
    ("services: the fewest flows whatever the weight", "src/core/nat/balance.c",
     """(u64)backend->weight * backend_share(b, backend, now_ms);""",
     """(u64)backend_share(b, backend, now_ms);""", "sim"),
    ("services: a client is led by its connection, not by its address", "src/core/nat/balance.c",
     """	case BALANCE_STICKY: hash = hash_words(&b->key, flow->orig.src.raw, zone); break;""",
     """	case BALANCE_STICKY: break;""", "sim"),
    ("a flow that ended stays charged to its subscriber", "src/core/path/bury.c",
     """		subscriber_release(path->subscribers, path->ct, idx);
""", "", "unit:core_path/test_subscriber"),
    ("a split connection does not pass the end of data on", "src/core/splice/split.c",
     """		tcp_shutdown(&s->tcp, split->leg[!from], now);
""", """		(void)now;
""", "unit:core_path/test_split"),
    ("a split connection is tracked in the numbers of its host", "src/core/path/prerouting.c",
     """		if (path_split_tracks(path, pkt, now))""",
     """		if (path_split_tracks(path, pkt, now) && path_dir(pkt) == TUPLE_REPLY)""",
     "sim:test_split"),
    ("where memory is short, nothing is passed on any more", "src/core/tcp/pass.c",
     """	if (done == 0 && may_exchange(source, target))""",
     """	if (done > 0 && may_exchange(source, target))""", "unit:core_path/test_split"),
    ("the short cut for first packets sends what is too long", "src/core/path/open.c",
     """ || pkt->len > out->conf.mtu)""", """)""", "unit:core_path/test_open"),
    ("the short cut for first packets does not see whose destination it is",
     "src/core/path/open.c",
     """	    nat_knows(path->nat, key->tuple.dst) ||""", """	    """, "unit:core_path/test_open"),
    ("the short cut for first packets takes any source", "src/core/path/open.c",
     """	return type != FIB_LOCAL && type != FIB_BROADCAST && ip_source_travels(src);""",
     """	return type != FIB_LOCAL && ip_source_travels(src);""", "unit:core_path/test_open"),
    ("the short cut for first packets takes what can begin no flow", "src/core/path/open.c",
     """(tcp->flags & kind) == TCP_SYN;""", """(tcp->flags & kind & TCP_SYN) == TCP_SYN;""",
     "unit:core_path/test_open"),
    ("the short cut for first packets spares the rules", "src/core/path/open.c",
     """	v = path_filter(path, pkt, FILTER_FORWARD, now);
""", "", "unit:core_path/test_open"),
    ("a flow that a packet just before has made is made again", "src/core/path/receive.c",
     """	       ct_peek(ct, key) == IDX_NONE;
""", """	       (ct != NULL && key != NULL);
""", "unit:core_path/test_open"),
    ("anybody outside may come as one of our public addresses", "src/core/path/prerouting.c",
     """	if (path_from_inside(path, pkt) || !nat_owns(path->nat, src) ||
""", """	if (path_from_inside(path, pkt) || nat_owns(path->nat, src) ||
""", "unit:core_path/test_drops"),
    ("flows from outside are charged to whom they come to", "src/core/path/prerouting.c",
     """		v = path_begin_flow(path, pkt, key, from_inside, now);
""",
     """		v = path_begin_flow(path, pkt, key, true, now);
""", "unit:core_path/test_subscriber"),
    ("a mapping that ends stays charged", "src/core/nat/mapping.c",
     """	subscriber_put_port(nat->subscribers, rec->subscriber);
""", "", "unit:core_path/test_subscriber"),
    ("a forgotten subscriber is the one who was idle last", "src/core/subscriber/subscriber.c",
     """		record_forget(table, table->idle_head);
""",
     """		record_forget(table, table->idle_tail);
""", "unit:core_subscriber/test_subscriber"),
    ("a bucket of new flows has no bottom", "src/core/subscriber/subscriber.c",
     """	return left_ns > room_ns ? left_ns - room_ns : 0;""",
     """	return left_ns > room_ns * NS_PER_SEC ? left_ns - room_ns : 0;""", "unit:core_subscriber/test_subscriber"),
    ("an option at an odd byte is summed as if it were even", "src/core/ip/tcp_mss.c",
     """	return odd ? (u16)(value.raw << 8 | value.raw >> 8) : value.raw;
""",
     """	return odd ? value.raw : value.raw;
""", "unit:core_ip/test_tcp_mss"),
    ("a SYN that dies is quoted with the size it would have left with", "src/core/path/bury.c",
     """	ip_mss_restore(pkt);
""", "", "unit:core_path/test_mss"),
    ("a warning is repeated whenever a mark is passed again", "src/core/engine/filling.c",
     """(percents[level - 1] - SLACK_PERCENT)""",
     """percents[level - 1]""", "unit:core_engine/test_filling"),
    ("the checksum of SCTP does not follow the ports", "src/core/nat/rewrite.c",
     """	crc32c_store(sctp, crc32c_load(sctp) ^ crc32c_flips(before, len));
""", "	(void)len;\n	(void)before;\n", "unit:core_path/test_protocols"),
    ("a quoted SCTP packet is as long as its quotation", "src/core/nat/embedded.c",
     """		nat_rewrite_sctp(quote->l4, to, len - hlen);
""",
     """		nat_rewrite_sctp(quote->l4, to, SCTP_HLEN);
""", "unit:core_path/test_protocols"),
    ("the key of a GRE header with a checksum is looked for too early", "src/core/wire/gre.h",
     """		at += GRE_FIELD_LEN;
""", """		at += 0;
""", "unit:core_path/test_protocols"),
    ("a SYN reopens a flow whose first side is still talking", "src/core/ct/ct_tcp.c",
     """		return (flow->flags & FLOW_FIN_ORIG) != 0 && ct->more != NULL;
""",
     """		return ct->more != NULL;
""", "unit:core_ct/test_ct_tcp"),
    ("a dry run does not put everything back", "src/host/dry/dry.c",
     """	for (u32 at = journal->count; at > 0; at--) {
""", """	for (u32 at = journal->count; at > 1; at--) {
""", "unit:core_engine/test_explain"),
    ("a dry run does not see single bytes", "src/host/dry/dry.c",
     """	dry_store(at, 1);
}

void __tsan_write2""", """	(void)at;
}

void __tsan_write2""", "sim"),
    ("explain tells another reason than the real one", "src/core/path/tell.c",
     """	enum drop drop = (enum drop)pkt->drop;
""", """	enum drop drop = DROP_TX_FULL;
""", "sim"),
    ("events that a listener was too slow for are forgotten", "src/host/ctl/ctl.c",
     """		client->skipped++;
		client->ctl->stats.skipped++;
""", """		client->ctl->stats.skipped++;
""", "unit:host_ctl/test_ctl_act"),
    ("a flush takes everything in one step", "src/core/engine/news.c",
     """looked < FLUSH_LOOK_MAX && ended < FLUSH_END_MAX;""",
     """looked < UINT32_MAX;""", "unit:core_engine/test_news"),
    ("a flow that was flushed is said to have expired", "src/core/engine/news.c",
     """CT_END_FLUSHED""", """CT_END_EXPIRED""", "unit:core_engine/test_news"),
    ("replay takes what the gateway itself sent", "src/prog/replay.c",
     "if (replay_is_own(replay->args, eth)) {", "if (replay_is_own(replay->args, NULL)) {",
     "unit:prog/test_replay"),
    ("replay takes what the gateway itself sent by a capture of one interface",
     "src/prog/replay.c", "if (replay_is_own(replay->args, eth)) {",
     "if (source->iface == IFACE_NONE && replay_is_own(replay->args, eth)) {",
     "unit:prog/test_replay"),
    ("explain takes a service for a static entry", "src/core/path/tell.c",
     "	if (flow_has_backend(flow))\n		tell_backend(path, flow);\n	else if",
     "	if (flow_is_stale(&path->nat->balance, flow))\n		tell_backend(path, flow);\n	else if",
     "unit:core_engine/test_explain"),
    ("port 0 is not one of the low ones", "src/core/nat/port.c",
     """	if (inside_port < NAT_HIGH_FIRST && address""",
     """	if (inside_port > 0 && inside_port < NAT_HIGH_FIRST && address""",
     "unit:core_nat/test_port"),
    ("escape sequences reach the terminal", "src/prog/show_read.c",
     "(byte >= 0x20 && byte < 0x7f)", "(byte >= 0x1b && byte < 0x7f)",
     "unit:prog/test_show_read"),
    ("a lock that is kept holds the start up for good", "src/host/ctl/ctl_listen.c",
     "flock(fd, LOCK_EX | LOCK_NB)", "flock(fd, LOCK_EX)", "unit:host_ctl/test_ctl"),
    ("names may hold anything", "src/tool/resolve.c",
     "text[0] != '\\0' && text[strspn(text, letters)] == '\\0'", "letters[0] && text[0] != '\\0'",
     "unit:tool/test_resolve"),
    ("the filter sees where a packet goes before translation", "src/core/path/filter.c",
     "be32_host(path_dst(path, pkt))", "be32_host(ip->dst)", "unit:core_path/test_filter"),
    ("a packet that was let through alone teaches its flow a way", "src/core/path/transmit.c",
     "PKT_ICMP_ERROR | PKT_LOCAL_OUT | PKT_JUDGE_EACH", "PKT_ICMP_ERROR | PKT_LOCAL_OUT",
     "unit:core_path/test_fast"),
    ("a flow keeps the way that it learned under other rules", "src/core/path/filter.c",
     """	flow->nexthop[0] = flow->nexthop[1] = NEXTHOP_NONE;
""", "", "unit:core_path/test_fast"),
    ("a SYN that reopens a flow passes as established", "src/core/path/filter.c",
     "(flow->flags & FLOW_ANSWERED) != 0 && !is_opening(flow)",
     "(flow->flags & FLOW_ANSWERED) != 0", "unit:core_path/test_filter"),
    ("the short cut asks only about the interface that a packet came by",
     "src/core/filter/match.c",
     """		key.field[FILTER_IN_IF] = (u32)__builtin_ctzll(ways);
""", "", "unit:core_path/test_filter"),
    ("a split of the rules forgets its border", "src/core/filter/match.c",
     "packet->field[fork->field] >= fork->split", "packet->field[fork->field] > fork->split",
     "unit:core_filter/test_tree"),
    ("trees are left before their leaves", "src/core/filter/match.c",
     "			leaf &= where[at];", "			leaf |= where[at];", "unit:core_filter/test_tree"),
    ("each kind of rules has a tree of its own", "src/core/filter/tree.c",
     "count[kind] <= FILTER_FEW_RULES", "count[kind] == 0", "unit:core_filter/test_tree"),
    ("only the first group of rules is looked at", "src/core/filter/match.c",
     "count + 1 < chain->group_count && group[count].first < best", "count + 1 < 1",
     "unit:core_filter/test_tree"),
    ("a rule for protocol 0 is one for any", "src/core/filter/compile.c",
     "flag_if(conf->proto != FILTER_PROTO_ANY, FILTER_PROTO_ONE)",
     "flag_if(conf->proto > 0, FILTER_PROTO_ONE)", "unit:core_filter/test_tree"),
    ("a flag that must not be set is not looked at", "src/prog/run_filter.c",
     """		rule->tcp_mask |= flag;
		if (given->flag[i] < CONF_FLAG_COUNT)
			rule->tcp_flags |= flag;
""", """		if (given->flag[i] < CONF_FLAG_COUNT) {
			rule->tcp_mask |= flag;
			rule->tcp_flags |= flag;
		}
""", "unit:prog/test_run_filter"),
    ("a code of ICMP is printed as that of another type", "src/host/conf/value_icmp.c",
     "if (names[at].type == type && names[at].code == code)", "if (names[at].type >= type && names[at].code == code)",
     "unit:host_conf/test_conf_print"),
    ("flags of TCP are asked of all protocols", "src/host/conf/conf_check_filter.c",
     "rule->flag_count > 0 && !is_for(rule, IP_PROTO_TCP)", "rule->flag_count > CONF_FLAG_COUNT",
     "unit:host_conf/test_conf_load"),
    ("a rule that nearly decides is told as one that wants other addresses too",
     "src/core/path/tell_filter.c", "if (!filter_rule_matches(rules, hash, at, &wanted) ||",
     "if ((hash == NULL && filter_rule_matches(rules, hash, at, &wanted)) ||",
     "unit:core_engine/test_explain"),
    ("a limit of each source counts an address of all zones together", "src/core/filter/match.c",
     """way[n].addr == addr && way[n].zone == packet->zone)""", """way[n].addr == addr)""",
     "unit:core_filter/test_match"),
    ("a set forgets what was added when other rules come", "src/core/filter/filter.c",
     "old != NULL && old->kind == set->kind && old->stamp == set->stamp", "old == NULL && set == NULL",
     "unit:core_filter/test_set"),
    ("a set keeps what it has, whatever its configuration gives it", "src/core/filter/filter.c",
     "old->kind == set->kind && old->stamp == set->stamp", "old->kind == set->kind",
     "unit:core_filter/test_set"),
    ("a rule takes over what another one has counted", "src/core/filter/keep.c",
     "if (old->rule_digest[at] == digest) {", "if (old->rule_digest[at] != 0 || digest != 0) {",
     "unit:core_filter/test_keep"),
    ("a rule that says the same as another takes the last one's counters", "src/core/filter/keep.c",
     "for (u32 at = old->rule_count; at-- > 0;) {", "for (u32 at = 0; at < old->rule_count; at++) {",
     "unit:core_filter/test_keep"),
    ("a reload fills the limits of rules again", "src/core/filter/keep.c",
     "			*limiter = *limiter_of(old, was);\n", "			limiter->due_ns = 0;\n",
     "unit:core_filter/test_keep"),
    ("a body that is being filled has no limit", "src/core/filter/set.c",
     "if (bounded && filter->store.body[fill].elem_count > room)", "if (bounded && room == 0)",
     "unit:core_filter/test_set"),
    ("a set of ports may be asked for addresses", "src/host/conf/conf_check_set.c",
     "	if (set->kind == FILTER_SET_PORTS)\n		conf_error(c->errors, checking_at(c, name),", """	if (set->kind == FILTER_SET_KINDS)
		conf_error(c->errors, checking_at(c, name),""",
     "unit:host_conf/test_conf_load"),
    ("new rules take nothing back from flows", "src/core/path/filter.c",
     "if (!filter->conf.reclassify || ask.key.state == FILTER_RELATED)",
     "if (filter->conf.reclassify || ask.key.state == FILTER_RELATED)",
     "unit:core_path/test_filter_change"),
    ("an address that stays is asked about again", "src/core/iface/neigh_own.c",
     "		if (before == old->addr_count) {", "		if (before <= old->addr_count) {",
     "unit:core_iface/test_neigh_own"),
    ("a neighbour is who it was before the link was down", "src/core/engine/engine.c",
     """	neigh_forget(&s->neigh, index, s->now);
""", "", "interop:test_return"),
    ("an address that is late costs new flows", "src/prog/run_follow.c",
     """	if (watched->hold_ns > now && is_less(&os, facts))
""", """	if (watched->hold_ns > now && is_less(&os, facts) && now == 0)
""", "interop:test_return"),
    ("an interface that was renamed stays taken", "src/prog/run_retake.c",
     """	if (is_taken_over(run, index))
		hostport_drop(run->host_port, run->port[index]);
""", "", "interop:test_return"),
    ("a stranger with name and number passes for the interface", "src/host/io/afpacket.c",
     """	bool there = socket_is_bound(dev) && ioctl(""",
     """	bool there = (socket_is_bound(dev) || port->mtu > 0) && ioctl(""", "interop:test_return"),
    ("any configuration ends an order to drain", "src/core/nat/balance_set.c",
     """	if (backend->drain != conf->drain || backend->weight != conf->weight)
		backend->ordered = false;
""", """	backend->ordered = false;
""", "unit:core_nat/test_balance_set"),
    ("an exception for one zone is for all", "src/core/subscriber/subscriber.c",
     "(!exception->by_zone || exception->zone == zone)", "(!exception->by_zone || zone < CT_ZONE_MAX)",
     "unit:core_subscriber/test_subscriber"),
    ("a rule for one zone is for all ways in", "src/prog/run_filter.c",
     "ifaces_named(asked, given->in) & ifaces_of_zone(asked, given->zone)",
     "ifaces_named(asked, given->in) | ifaces_of_zone(asked, given->zone)",
     "unit:prog/test_run_zone"),
    ("a rule for others passes for one that lets a ping in", "src/host/conf/conf_notes.c",
     "return rule->chain == comer->chain && proto && icmp &&", "return rule->chain == comer->chain && (proto || icmp) &&",
     "unit:host_conf/test_conf_notes"),
    ("what follows from a mistake of form is told as well", "src/host/conf/conf.c",
     "if (marks->doubt[i].at <= at && at < marks->doubt[i].end)", "if (marks->doubt[i].at > at && at > marks->doubt[i].end)",
     "unit:host_conf/test_conf_load"),
    ("what has no name yet is told as missing", "src/host/conf/conf_checking.c",
     "	if (may_be_there(c, names))\n		return NULL;\n", "	(void)may_be_there(c, names);\n",
     "unit:host_conf/test_conf_load"),
    ("a key may be given twice", "src/host/conf/conf_load.c",
     """	seen_line[field - group->field] = here(l).line;
""", """	seen_line[field - group->field] = 0;
""", "unit:host_conf/test_conf_load"),
    ("ranges of two pools may overlap", "src/host/conf/conf_check.c",
     """		for (u32 j = 0; j <= i; j++)
			check_ranges(c, j, i);
""", """		check_ranges(c, i, i);
""", "unit:host_conf/test_conf_load"),
    ("a range is printed as the prefix that it nearly is", "src/host/conf/conf_value.c",
     """(UINT64_C(1) << (32 - bits)) == count &&
""", """(UINT64_C(1) << (32 - bits)) >= count &&
""", "unit:host_conf/test_conf_print"),
    ("a limit may change while the engine runs", "src/core/engine/reload.c",
     """	if (why == NULL)
		why = engine_limit_changed(&s->conf, conf);
""", "", "unit:core_engine/test_engine"),
    ("half a text is taken for a configuration", "src/host/ctl/ctl.c",
     """	if (evbuffer_get_length(in) < client->action.text_bytes)
		return;
""", """	if (evbuffer_get_length(in) == 0 && client->action.text_bytes > 0)
		return;
""", "unit:host_ctl/test_ctl"),
    ("what nobody confirmed stays", "src/prog/run_change.c",
     """	free(run_change(run, &call, now));
}
""", """	(void)call;
}
""", "interop:test_reload"),
    ("a reload takes what needs a restart, too", "src/prog/run_change.c",
     """look_at_text(change, call) || !may_change(change) ||
""", """look_at_text(change, call) || (!may_change(change) && now == 0) ||
""", "interop:test_reload"),
    ("zones: what lost its route leaves by the common one", "src/core/path/route.c",
     """	return zone == pkt->zone && (pkt->flags & PKT_LOCAL_OUT) == 0 && !is_hairpin(path, pkt) &&
	       (flow == NULL || (flow->flags & FLOW_CONFIRMED) == 0);
""", """	return zone == pkt->zone || flow != NULL;
""", "unit:core_path/test_zone"),
    ("zones: a common inside network is open to all", "src/core/path/route.c",
     """IFACE_INSIDE && !is_hairpin(path, pkt))
""", """IFACE_INSIDE && !is_hairpin(path, pkt) && out_if > 63)
""", "unit:core_path/test_zone"),
    ("zones: a stranger may pass for a zone's gateway", "src/core/path/postrouting.c",
     """path_check_source(path, pkt, zone);
""", """path_check_source(path, pkt, pkt->zone);
""", "unit:core_path/test_zone"),
    ("zones: who leaves one untranslated may pass for the gateway", "src/core/path/postrouting.c",
     """	return zone == pkt->zone ? VERDICT_ACCEPT""",
     """	return zone == pkt->zone || zone == 0 ? VERDICT_ACCEPT""", "unit:core_path/test_zone"),
    ("zones: an error is sent about a broadcast address elsewhere", "src/core/path/bury.c",
     """fib_route_at(&path->fib[there], route)->type == FIB_BROADCAST""",
     """there == pkt->zone && fib_route_at(&path->fib[there], route)->type == FIB_BROADCAST""",
     "unit:core_path/test_zone"),
    ("zones: who masquerades takes ports of another's pool", "src/core/nat/nat.c",
     """					      is_masquerade(nat, asked);
""", """					      is_masquerade(nat, asked) || nat_owns(nat, asked);
""", "unit:core_path/test_zone"),
    ("zones: the pieces of all are put together", "src/core/ip/reass.c",
     """	idx = queue_take(&call, ip, zone, now);
""", """	idx = queue_take(&call, ip, zone == 0, now);
""", "unit:core_path/test_zone"),
    ("zones: one finds the mapping of another", "src/core/nat/mapping.c",
     """	idx = nat->inside_heads[inside_head(nat, addr, port, proto, zone)];
""", """	zone = zone > 1 ? 1 : zone;
	idx = nat->inside_heads[inside_head(nat, addr, port, proto, zone)];
""", "sim"),
    ("zones: a probe goes to who has the address elsewhere", "src/core/path/probe.c",
     """	probe->zone = flow->zone[dir];
""", "", "unit:core_path/test_probe"),
    ("zones: a packet put together is of the common one", "src/core/pkt/segment.c",
     """	pkt->zone = from->zone;
""", "", "unit:core_path/test_zone"),
    ("zones: a pool's address is the pool's in every zone", "src/core/path/prerouting.c",
     """	return LIKELY(pkt->zone == 0) || path_lookup(path, pkt->zone, dst, &route) == 0;
""", """	return path_lookup(path, pkt->zone, dst, &route) == 0 || pkt->zone > 0;
""", "unit:core_path/test_zone"),
    ("zones: answers of the gateway go to the common one", "src/core/path/bury.c",
     """	answer->zone = pkt->zone;
""", "", "unit:core_path/test_zone"),
    ("a service that moved in the file is another one to its checks", "src/host/health/health.c",
     """strcmp(one->name, other->name) == 0;""",
     """one->service == other->service;""", "unit:host_health/test_health"),
    ("checks: a backend is asked for in the common zone", "src/host/health/health.c",
     "sluice_socket(health->sluice, kind, proto, check->target.zone,",
     "sluice_socket(health->sluice, kind, proto, 0,", "unit:host_health/test_health"),
    ("checks: an address of another zone is the same backend", "src/host/health/health.c",
     "one->zone == other->zone && ", "", "unit:host_health/test_health"),
    ("checks: an answer to the request before counts", "src/host/health/health_icmp.c",
     "echo.nonce == check->nonce;", "true;", "unit:host_health/test_health"),
    ("checks: what the last one left open goes on", "src/host/health/health.c",
     "sluice_abort(health->sluice,", "sluice_close(health->sluice,",
     "unit:host_health/test_health"),
    ("checks: a page is closed over", "src/host/health/health_tcp.c",
     """	if (pass_over(check, now))
		check_judge(check, now);
""", """	(void)pass_over(check, now);
	check_judge(check, now);
""", "unit:host_health/test_health"),
    ("checks: a server that greets is reset", "src/host/health/health.c",
     "check->ended ? 0 : SOCK_READABLE", "0", "unit:host_health/test_health"),
    ("an abort leaves the flow behind", "src/core/engine/socket.c",
     "	path_send_socks(&s->path, s->now);\n	end_own_flow(s, &key);\n",
     "	path_send_socks(&s->path, s->now);\n	(void)end_own_flow;\n",
     "unit:core_path/test_sock_tcp"),
    ("checks share the ports of the host's own connections", "src/prog/run_sockets.c",
     "	if (!facts->host_port || facts->local_first == 0)\n",
     "	if (facts->host_port || facts->local_first == 0)\n", "unit:prog/test_run_sockets"),
    ("a filter that lets no check out is not noted", "src/host/conf/conf_notes.c",
     "if (has_cut(conf, service, FILTER_OUTPUT))",
     "if (has_cut(conf, service, FILTER_OUTPUT) && service->port_first == 0)",
     "unit:host_conf/test_conf_notes"),
    ("a service may stand where another takes all of it", "src/host/conf/conf_check_service.c",
     """		else if (covers(other, service))
""", """		else if (covers(other, service) && index == 0)
""", "unit:host_conf/test_conf_load"),
    ("a change is not asked what the start is asked", "src/prog/run_change.c",
     "!take(change, true, step, now)", "!take(change, false, step, now)", "interop:test_reload"),
    ("what changes nothing is a step to go back", "src/prog/run_change.c",
     "step = change->diff.count > 0;", "step = true;", "interop:test_reload"),
    ("a report counts an address of all zones together", "src/core/engine/events.c",
     """	return be32_eq(holder->addr, addr) && holder->zone == zone;
""", """	(void)zone;
	return be32_eq(holder->addr, addr);
""", "unit:core_engine/test_survey"),
    ("packets wait for a page of metrics", "src/host/ctl/metrics_text.c",
     "	turns_step(page->turns);\n", "", "unit:host_ctl/test_metrics"),
    ("a page of metrics counts backends while it is written", "src/host/ctl/metrics_named.c",
     "	for (size_t i = 0; i < ARRAY_COUNT(backend_counts); i++, which++) {\n",
     "	for (size_t i = 0; i < ARRAY_COUNT(backend_counts); i++, which++) {\n"
     "		cursor = 0;\n"
     "		count = sluice_show_backends(s, 0, &cursor, page->backend, BALANCE_BACKEND_MAX);\n",
     "unit:host_ctl/test_metrics"),
    ("who was reached by hairpin may come in from outside", "src/core/nat/nat.c",
     "rec->filtering == NAT_FILTER_ADDRESS && way->to_outside &&",
     "rec->filtering == NAT_FILTER_ADDRESS &&", "unit:core_path/test_zone"),
    ("what was cut is quoted with the sum of its first piece", "src/core/nat/rewrite.c",
     "(pkt->flags & PKT_CUT) != 0 ? pkt->whole_l4_len : pkt_l4_len(pkt)", "pkt_l4_len(pkt)",
     "unit:core_path/test_protocols"),
    ("top counts an address of all zones together", "src/host/ctl/ctl_top.c",
     """	return be32_eq(host->addr, addr) && host->zone == zone;
""", """	(void)zone;
	return be32_eq(host->addr, addr);
""", "unit:host_ctl/test_ctl_act"),
    ("other addresses of an interface are no event", "src/core/engine/reload.c",
     """			engine_iface_event(s, at, "addresses");
""", "", "unit:core_engine/test_news"),
    ("a listener is not told what the engine lost", "src/host/ctl/ctl.c",
     """		client->skipped += is_listening_to(client, others) ? events : 0;
""", """		(void)others;
""", "unit:host_ctl/test_ctl_act"),
    ("what an interface carried is counted for every zone", "src/host/ctl/metrics_named.c",
     """		sum += ifaces->iface[i].conf.zone == zone ? value : 0;
""", """		(void)zone;
		sum += value;
""", "unit:host_ctl/test_metrics"),
    ("a backend that drains is up in metrics", "src/host/ctl/metrics_named.c",
     """{ "up", "warming" } },
""", """{ "up", "draining" } },
""", "unit:host_ctl/test_metrics"),
    ("checks of a backend are counted anew by a reload", "src/host/health/health.c",
     """			check->run = old[i].run;
""", """		{
			check->run = old[i].run;
			check->run.checks = check->run.failed = 0;
		}
""", "unit:host_health/test_health"),
    ("a code of TCP-AO counts all options", "src/core/tcp/auth.c",
     """		begin = ao;
		end = behind;
""", """		end = behind;
""", "unit:core_tcp/test_auth_ao"),
    ("a SYN's code counts the number of who has not spoken", "src/core/tcp/auth.c",
     """		input.dst_isn = be32_of(0);
""", """		input.dst_isn = be32_of(segment->dst_isn);
""", "unit:core_tcp/test_auth_ao"),
    ("a segment may have two codes", "src/core/tcp/auth.c",
     """			return TCP_AUTH_MALFORMED;
		*found = opt;
""", """			break;
		*found = opt;
""", "unit:core_tcp/test_auth"),
    ("a message that fills its last block but for the length is one block short",
     "src/core/crypto/digest.c",
     """	if (used > size - size / 8) {
""", """	if (used > size) {
""", "unit:core_crypto/test_digest"),
    ("what is lost on a link took none of its time", "src/core/link/link.c",
     """	sent_ns = transmit(link, bytes);
	if (chance.lost) {
		drop(link, pkt, LINK_DROP_LOSS);
		return;
	}
""", """	if (chance.lost) {
		drop(link, pkt, LINK_DROP_LOSS);
		return;
	}
	sent_ns = transmit(link, bytes);
""", "unit:core_link/test_link"),
    ("a link forgets the rest of a nanosecond", "src/core/link/link.c",
     "	link->free_rest = work % link->conf.rate_bps;\n", "", "unit:core_link/test_link"),
    ("what a link begins to send waits still", "src/core/link/link.c",
     "link->wait[link->wait_head].begin_ns <= link->now_ns",
     "link->wait[link->wait_head].begin_ns < link->now_ns", "unit:core_link/test_link"),
    ("who was reordered on a link holds those behind", "src/core/link/link.c",
     """		link->stats.reordered++;
		return arrive_ns + link->conf.reorder_ns;
""", """		link->stats.reordered++;
		arrive_ns += link->conf.reorder_ns;
""", "unit:core_link/test_link"),
    ("a segment of IPv6 has the length of the whole", "src/core/pkt/segment6.c",
     "	((struct ip6_hdr *)pkt_l3(segment))->len = be16_of((u16)(segment->len - IP6_HLEN));\n", "",
     "unit:core_link/test_split"),
    ("a link takes tags away", "src/host/io/afpacket.c",
     "			tag_put(pkt, status, frame->tp_vlan_tpid, frame->tp_vlan_tci);\n",
     "			(void)tag_put;\n", "interop:test_link"),
    ("one window is halved twice by congestion marks", "src/core/tcp/cc_newreno.c",
     """	if (ack->ecn_echo && ack->snd_una >= reno->recover) {
""", """	if (ack->ecn_echo) {
""", "unit:core_tcp/test_cc_newreno"),
    ("CWR is said by who reduces nothing", "src/core/tcp/ack.c",
     "	if (!tcb_is_ect(tcb) || ", "	if ((tcb->flags & TCB_ECN) == 0 || ",
     "script:tcp/rfc3168-6.1.2-bbr-is-not-ect.pkt"),
    ("data of who does not answer marks may be marked", "src/core/tcp/out.c",
     "	if (tcb_is_ect(tcb) && is_new", "	if ((tcb->flags & TCB_ECN) != 0 && is_new",
     "sim:test_tcp_pair"),
    ("CUBIC forgets fractions of a byte", "src/core/tcp/cc_cubic.c",
     """	cubic->cnt %= cc->cwnd;
""", """	cubic->cnt = 0;
""", "unit:core_tcp/test_cc_cubic"),
    ("of TCP-AO the KeyID is shown that is asked for", "src/core/engine/show_sock.c",
     "	out->key_id = use.current_id;", "	out->key_id = use.rnext_id;",
     "unit:core_path/test_sock_tcp"),
    ("who waits for the end of TIME-WAIT is shown unsigned", "src/core/engine/show_sock.c",
     "	signs_shown(s, timewait_auth(&s->socks.tcp, idx), out);\n", "",
     "unit:core_path/test_sock_tcp"),
    ("a large packet carries more than the window of congestion allows", "src/core/tcp/out.c",
     "u32_min(allowed(tcb), tcb_unsent(tcb)));", "tcb_unsent(tcb));", "sim:test_tcp_pair"),
    ("a place is taken from who has something in flight", "src/core/tcp/txq.c",
     "		air_busy(tcp, air);\n", "", "unit:core_tcp/test_air"),
    ("who has had nothing in flight for longest keeps its place", "src/core/tcp/air.c",
     "air_at(tcp, tcp->idle.first)->tcb", "air_at(tcp, tcp->idle.last)->tcb",
     "unit:core_tcp/test_air"),
    ("what rests forgets the bandwidth", "src/core/tcp/air.c",
     "		tcb->rest.bw = cc->ops->keep(cc);\n", "		(void)cc->ops->keep(cc);\n",
     "unit:core_tcp/test_air"),
    ("late SACKs of who rests are written to what all share", "src/core/tcp/ack.c",
     "(!tcb_has_air(tcb) || (seg->opt.sack_count == 0 && (seg->flags & TCP_ECE) == 0))",
     "seg->opt.sack_count == 0 && (seg->flags & TCP_ECE) == 0",
     "unit:core_tcp/test_air"),
    ("who finds no place for data keeps its ACK back", "src/core/tcp/out.c",
     "	if (step == OUT_SENT || (tcb->flags & TCB_ACK_NOW) == 0)",
     "	if (step != OUT_NOTHING || (tcb->flags & TCB_ACK_NOW) == 0)",
     "sim:test_tcp_pair"),
    ("CUBIC's slow start after a time-out ends at what was in flight", "src/core/tcp/cc_cubic.c",
     "reduce(cc, ack, cc->cwnd);", "reduce(cc, ack, cc_flight_size(cc, ack));",
     "unit:core_tcp/test_cc_cubic"),
    ("a spurious loss leaves CUBIC its new curve", "src/core/tcp/cc_cubic.c",
     """	cubic->now = cubic->undo;
""", "", "unit:core_tcp/test_cc_cubic"),
    ("slow start stays conservative after a false alarm", "src/core/tcp/hystart.c",
     """		if (current < hystart->css_baseline_min_rtt)
			hystart->css_baseline_min_rtt = NS_NEVER;
""", """		return;
""", "unit:core_tcp/test_cc_cubic"),
    ("BBR leaves Startup by rounds in which it was held back", "src/core/tcp/cc_bbr.c",
     """	FullBwFlight = 1600,
""", """	FullBwFlight = 0,
""", "unit:core_tcp/test_cc_bbr"),
    ("BBR gives up a probe for bandwidth when recovery begins", "src/core/tcp/cc_bbr.c",
     """	return u32_max(pacing_gain(bbr), CC_ONE);
}

static void set_cwnd""", """	return CC_ONE;
}

static void set_cwnd""", "unit:core_tcp/test_cc_bbr"),
    ("ProbeRTT makes BBR forget its bandwidth", "src/core/tcp/cc_bbr.c",
     """	cc->app_limited = u64_max(ack->delivered + ack->in_flight, 1);
""", "", "unit:core_tcp/test_cc_bbr"),
    ("BBR does ProbeRTT after idleness", "src/core/tcp/cc_bbr.c",
     """	if (bbr->state != PROBE_RTT && expired && !bbr->idle_restart) {
""", """	if (bbr->state != PROBE_RTT && expired) {
""", "unit:core_tcp/test_cc_bbr"),
    ("BBR 3 saves for undo what the loss has changed", "src/core/tcp/cc_bbr3_model.c",
     """	if (bbr->is_undo_saved)
		return;
""", "", "unit:core_tcp/test_cc_bbr3"),
    ("BBR 3 counts a loss of many segments as many places", "src/core/tcp/cc_bbr3_model.c",
     """	if ((bbr->lost_ranges == 0 || (u32)lost->seq != bbr->last_lost_end) &&
	    bbr->lost_ranges < StartupFullLossCnt)
""", """	if (bbr->lost_ranges < StartupFullLossCnt)
""", "unit:core_tcp/test_cc_bbr3"),
    ("BBR 3 never leaves Drain by time", "src/core/tcp/cc_bbr3.c",
     """	    (u8)(bbr->round_count - bbr->drain_start_round) > DrainRoundsMax)
""", """	    (u8)(bbr->round_count - bbr->drain_start_round) > 10 * DrainRoundsMax)
""", "unit:core_tcp/test_cc_bbr3"),
    ("BBR 3 cruises without headroom", "src/core/tcp/cc_bbr3_control.c",
     """		cap = bbr3_inflight_with_headroom(cc);
""", """		cap = bbr->inflight_longterm;
""", "unit:core_tcp/test_cc_bbr3"),
    ("BBR 3 waits for three seconds where Reno would not", "src/core/tcp/cc_bbr3.c",
     """	if (ack->now <= bbr->phase_end && bbr->rounds_since_probe_up < reno_rounds)
""", """	if (ack->now <= bbr->phase_end || reno_rounds == UINT32_MAX)
""", "unit:core_tcp/test_cc_bbr3_paths"),
    ("NAT gives a port of a socket to a mapping", "src/core/nat/port.c",
     """				  nat_own_ports(nat, &nat->address[address], proto, word));
""", """				  0);
""", "unit:core_path/test_sock"),
    ("the flow of a socket is not known again", "src/core/path/output.c",
     """	path_flow(path, pkt)->flags |= FLOW_LOCAL;
""", "", "unit:core_path/test_sock"),
    ("a group that a socket joined is hidden from the host", "src/core/path/deliver.c",
     """return group && shared ? VERDICT_ACCEPT : deliver_done(path, pkt, now);
""", """return deliver_done(path, pkt, now);
""", "unit:core_path/test_sock"),
    ("a connection ends with its flow", "src/core/path/prerouting.c",
     """	if (for_sock && !path_begins_sock_flow(pkt))
		return VERDICT_ACCEPT;
	v = for_sock ? VERDICT_ACCEPT : ct_may_begin(path->ct, path->drops, pkt);
""", """	v = ct_may_begin(path->ct, path->drops, pkt);
""", "unit:core_path/test_sock_tcp"),
    ("who has the port hears every group", "src/core/udp/udp_in.c",
     """end_has_group(udp, end, key->local, key->iface)""", """end != NULL""",
     "unit:core_udp/test_udp"),
    ("readiness is told once", "src/core/sock/sock.c",
     """		out[count++] = (struct sock_event){ id, ready };
		sock_stir(t, sock);
""", """		out[count++] = (struct sock_event){ id, ready };
""", "unit:core_sock/test_sock"),
    ("a read that is complete hides the one behind it", "src/core/sock/sock_op.c",
     """	sock->op_first[queue] = rec->next;
	if (rec->next == IDX_NONE)
""", """	sock->op_first[queue] = IDX_NONE;
	if (true)
""", "unit:core_sock/test_sock"),
    ("an earlier recovery's echo takes this one back", "src/core/tcp/recovery.c",
     "seq_le(tcb->snd_una, air->undo_seq)", "false", "unit:core_tcp/test_undo"),
    ("data of a SYN,ACK begin with the SYN", "src/core/tcp/in.c",
     "	text.seq++;\n", "", "sim:test_tcp_peer"),
    ("a SYN out of the window is answered each time", "src/core/tcp/in.c",
     "if (tcp_seg_space(seg) > 0 && (seg->flags & TCP_SYN) == 0)",
     "if (tcp_seg_space(seg) > 0)", "sim:test_tcp_storm"),
    ("a RST anywhere in the window is believed", "src/core/tcp/in.c",
     "	if (seg->seq != tcb->rcv_nxt) {\n		challenge",
     "	if (seq_lt(seg->seq, tcb->rcv_nxt)) {\n		challenge", "sim:test_tcp_storm"),
    ("bbr makes up for no loss of the path", "src/core/tcp/cc_bbr.c",
     "	ArrivalMin = 900, ", "	ArrivalMin = 1000,", "unit:core_tcp/test_cc_bbr"),
    ("every loss lowers the bounds of BBR 3", "src/core/tcp/cc_bbr3_model.c",
     "	QueueThresh = 1125,", "	QueueThresh = 1,", "unit:core_tcp/test_cc_bbr3_paths"),
    ("a time-out forgets what was SACKed", "src/core/tcp/recovery.c",
     "		else if (has_reneged && (rec->flags & REC_SACKED) != 0)",
     "		else if (rec->flags & REC_SACKED)", "unit:core_tcp/test_sack"),
    ("what was SACKed stays so though the peer dropped it", "src/core/tcp/recovery.c",
     "(rec_at(tcp, air->tx_first)->flags & REC_SACKED) != 0;", "false;",
     "unit:core_tcp/test_sack"),
    ("bbr begins slowly", "src/core/tcp/cc_bbr.c",
     "BBRHighGain = 2885,", "BBRHighGain = 2000,", "sim:test_tcp_grid"),
    ("what has no record of its own is sent again whole", "src/core/tcp/out.c",
     "	if (what.end - what.seq > mss) {\n", "	if (what.end - what.seq > 4 * mss) {\n",
     "sim:test_tcp_peer"),
    ("data behind a FIN stay", "src/core/tcp/in.c",
     "	reasm_fini(tcp, tcb);\n	tcb->flags |= TCB_FIN_RECEIVED;\n",
     "	tcb->flags |= TCB_FIN_RECEIVED;\n", "sim:test_tcp_peer"),
    ("one time-out is a black hole", "src/core/tcp/pmtu.c",
     "PMTU_HOLE_TIMEOUTS = 2,", "PMTU_HOLE_TIMEOUTS = 1,", "sim:test_tcp_pair"),
    ("newreno counts on after a second time-out", "src/core/tcp/cc_newreno.c",
     "	reno->acked = 0;\n	cc->cwnd = cc->mss;\n", "	cc->cwnd = cc->mss;\n",
     "unit:core_tcp/test_cc_newreno"),
    ("perf tells the first rate for every interval", "src/prog/perf_report.c",
     "	meter->last_bytes = bytes;\n", "", "unit:prog/test_perf_report"),
    ("perf keeps the first round trips only", "src/prog/perf_report.c",
     "			meter->rtt_us[at] = meter->rtt_us[2 * at];\n",
     "			continue;\n", "unit:prog/test_perf_report"),
    ("perf receives for as long as a sender is told to send", "src/prog/perf_args.c",
     "{ OPTION_PEER, OPTION_SECONDS, OPTION_BYTES }", "{ OPTION_PEER, OPTION_PEER, OPTION_PEER }",
     "unit:prog/test_perf_args"),
    ("perf forwards what it hears on its interface", "src/prog/perf_net.c",
     "(struct filter_fate){ .action = FILTER_DROP }", "(struct filter_fate){ .action = FILTER_ACCEPT }",
     "interop:test_perf"),
    ("rip tells no poisoned reverse", "src/core/routing/rip/rip_out.c",
     """	if (rip_net_is_by(net, iface->conf.iface))
		entry.metric = RIP_INFINITY;
""", "", "sim:test_rip"),
    ("rip triggers no update", "src/core/routing/rip/rip_out.c",
     "return between(rip, 1 * NS_PER_SEC, 5 * NS_PER_SEC);",
     "return 2 * rip->conf.update_ns;", "sim:test_rip"),
    ("rip is drained with the next update", "src/core/routing/rip/rip.c",
     "	if (other_drain)\n		rip_net_tell_again(rip);\n", "	(void)other_drain;\n",
     "unit:core_routing_rip/test_rip"),
    ("rip that is drained answers who asks", "src/core/routing/rip/rip_out.c",
     ": told_metric(rip, rip_net_at(rip, idx))", ": rip_net_metric(rip_net_at(rip, idx))",
     "unit:core_routing_rip/test_rip"),
    ("rip forgets to collect garbage", "src/core/routing/rip/rip_net.c",
     "		net->garbage_ns = now + rip->conf.garbage_ns;\n",
     "		net->garbage_ns = now + 1000 * rip->conf.garbage_ns;\n", "sim:test_rip"),
    ("rip believes the worse of its own router not", "src/core/routing/rip/rip_net.c",
     "	net->metric = heard->metric;\n	if (at == 0)", "	if (at == 0)", "sim:test_rip"),
    ("rip tells what does not forward", "src/core/routing/rip/rip_net.c",
     "return net->hop_count > 0 && net->chosen ?", "return net->hop_count > 0 ?",
     "unit:core_routing_rip/test_rip"),
    ("rip takes an old sequence number", "src/core/routing/rip/rip_in.c",
     "	if (neigh->has_sequence && seen->sequence < neigh->sequence)\n		return false;\n", "",
     "unit:core_routing_rip/test_rip_in"),
    ("bfd is slow before the poll ends", "src/core/routing/bfd/bfd_state.c",
     "if (!up || tx_us < s->tx_used_us)", "if (true)", "unit:core_routing_bfd/test_bfd"),
    ("bfd counts its own interval for the neighbour's", "src/core/routing/bfd/bfd_state.c",
     "u32_max(s->rx_used_us, s->remote_tx_us)", "u32_max(s->rx_used_us, s->tx_used_us)",
     "unit:core_routing_bfd/test_bfd"),
    ("bfd hears who it can not answer", "src/core/routing/bfd/bfd_in.c",
     " || bfd_at(b, idx)->sock == SOCK_ID_NONE ||", " ||", "unit:core_routing_bfd/test_bfd"),
    ("ospf: a duplicate LSA is not acknowledged", "src/core/routing/ospf/lsupd.c",
     """		ospf_ack_now(o, news->in->nbr, &news->hdr);
		return;
	}
	/* An acknowledgment""",
     """		return;
	}
	/* An acknowledgment""", "unit:core_routing_ospf/test_flood"),
    ("ospf: MinLSArrival is no time", "src/core/routing/ospf/lsupd.c",
     "came_ns < OSPF_MIN_LS_ARRIVAL_S * NS_PER_SEC",
     "came_ns < OSPF_MIN_LS_ARRIVAL_S", "unit:core_routing_ospf/test_flood"),
    ("ospf: of equal ways the last one stays", "src/core/routing/ospf/routes.c",
     "		ospf_hops_add(&route->hops, &path->hops);",
     "		route->hops = path->hops;", "sim:test_ospf_areas"),
    ("ospf: a flushed LSA goes before it is acknowledged", "src/core/routing/ospf/lsdb.c",
     "lsa->rxmt == IDX_NONE && o->exchanging", "o->exchanging", "unit:core_routing_ospf/test_flood"),
    ("ospf: an own LSA that came back flushed begins anew", "src/core/routing/ospf/lsdb.c",
     " && !(lsa->own && lsa->again)", "", "unit:core_routing_ospf/test_flood"),
    ("ospf: the last number that came back flushed stays", "src/core/routing/ospf/origin.c",
     "		lsa->again = false;\n		o->purge = true;\n		return false;", "		return false;",
     "unit:core_routing_ospf/test_flood"),
    ("ospf: a flushed LSA goes while somebody is in an exchange", "src/core/routing/ospf/lsdb.c",
     " && o->exchanging == 0 &&", " && (s32)o->exchanging >= 0 &&", "unit:core_routing_ospf/test_flood"),
    ("ospf: links of a drained gateway cost what they did", "src/core/engine/routing.c",
     "	conf.stub_router = true;\n", "", "interop:test_routing_ospf"),
    ("ospf: who leads is deposed by who comes later", "src/core/routing/ospf/iface_fsm.c",
     "	if (one->says_dr) {",
     "	if (one->says_dr && one->priority == 0) {", "sim:test_ospf"),
    ("ospf: numbers of authentication may fall", "src/core/routing/ospf/io.c",
     "nbr->has_seq && in->seq < nbr->seq",
     "nbr->has_seq && in->seq < nbr->seq / 2", "unit:core_routing_ospf/test_auth"),
    ("ospf: prefixes that begin alike share an id", "src/core/routing/ospf/origin.c",
     "	*id = be32_of(be32_host(addr) | ~ip4_mask(want->prefix_len));",
     "	*id = addr;", "sim:test_ospf_areas"),
    ("ospf: a larger MTU is no obstacle", "src/core/routing/ospf/dbdesc.c",
     "	return theirs < ifc->mtu;",
     "	return true;", "unit:core_routing_ospf/test_exchange"),
    ("ospf: what an NSSA announces stays in it", "src/core/routing/ospf/origin_ext.c",
     "		ext.propagate = !as_wide;",
     "		ext.propagate = false;", "sim:test_ospf_areas"),
    ("a bound of a prefix list may lie before the prefix", "src/host/conf/values_routing.c",
     "take_bound(&text, \"le\", min, &max)", "take_bound(&text, \"le\", 0, &max)",
     "unit:host_conf/test_values_routing"),
    ("a secret that is hidden passes for one", "src/host/conf/conf_check_routing.c",
     "if (strcmp(secret, CONF_HIDDEN) == 0)", "if (secret[0] == 0)",
     "unit:host_conf/test_conf_print"),
    ("a difference tells a secret", "src/host/conf/conf_diff.c",
     "if (field->kind == CONF_SECRET && !conf_value_is_none(field, base))",
     "if (field->kind == CONF_TEXT && !conf_value_is_none(field, base))",
     "unit:host_conf/test_conf_print"),
    ("an interface may be in two areas", "src/host/conf/conf_check_ospf.c",
     "	for (u32 a = 0; a <= area; a++) {", "	for (u32 a = area; a <= area; a++) {",
     "unit:host_conf/test_conf_load"),
    ("the name of the router follows its addresses", "src/prog/run_routing.c",
     "	if (facts->routing.router_id.raw)\n", "	if (false)\n",
     "unit:prog/test_run_routing"),
    ("the policy any rejects", "src/prog/run_routing_policy.c",
     "	add_rule(policy, any)->list = POLICY_NONE;", "	(void)any;",
     "unit:prog/test_run_routing"),
    ("routes that a peer was not told are shown as announced",
     "src/core/routing/bgp/bgp_show.c",
     "if (is_told(bgp, peer, told++, best->net)) {",
     "told++;\n		if (is_told(bgp, peer, 0, best->net) || true) {", "sim:test_bgp_routes"),
    ("routes of the configuration lose their tag", "src/core/engine/routing_local.c",
     "		.extra = conf->tag,\n", "", "unit:core_engine/test_routing"),
    ("OSPF announces what it was given a tag for without it", "src/core/routing/ospf/origin_ext.c",
     "					.tag = view.tag,\n", "", "unit:core_routing_ospf/test_ospf"),
    ("BGP sees no tags", "src/core/routing/bgp/export.c",
     "	view->has_tag = rib_path_tag(source, path, &view->tag);\n", "", "sim:test_bgp_routes"),
    ("of connected routes the last interface is used", "src/core/engine/routing_local.c",
     "path.extra < candidate[choice->best]", "path.extra > candidate[choice->best]",
     "unit:core_engine/test_routing"),
    ("what begins a session anew is refused by a reload", "src/prog/run_change.c",
     "when <= CONF_ANEW", "when == CONF_LIVE", "interop:test_routing_bgp"),
    ("a key of a peer changes unnoticed", "src/host/conf/conf_schema_bgp.c",
     """	{ .key = "md5",
	  .kind = CONF_SECRET,
	  .when = CONF_ANEW,
""", """	{ .key = "md5",
	  .kind = CONF_SECRET,
""", "unit:host_conf/test_conf_print"),
    ("paths that are used no longer count as the best of their source",
     "src/core/routing/best.c",
     "			rib->stats.source_best[rib->client[route->client].source]--;\n", "",
     "unit:core_routing/test_rib_random"),
    ("more prefixes that are allowed let nobody back", "src/core/routing/bgp/configure.c",
     "conf->prefix_limit == 0 || conf->prefix_limit > old->prefix_limit", "conf->prefix_limit == 0",
     "sim:test_bgp_again"),
    ("who was never to come back does not when he may", "src/core/routing/bgp/configure.c",
     "		bgp_prefixes_wait(bgp, peer);\n", "		peer->held = BGP_HELD_PREFIXES;\n", "sim:test_bgp_again"),
    ("a mistake keeps others out of OSPF's log", "src/core/routing/ospf/io.c",
     "		if (told->why == why) {\n", "		if (n == 0) {\n", "unit:core_routing_ospf/test_exchange"),
    ("a mistake is told by RIP each time", "src/core/routing/rip/rip_in.c",
     "	iface->warn_ns[answer] = in->now", "	iface->warn_ns[RIP_AUTH_GOOD] = in->now",
     "unit:core_routing_rip/test_rip_in"),
    ("a peer that floods may go on above its limit", "src/core/routing/bgp/adj_in.c",
     "	if (count <= peer->conf.prefix_limit) {", "	if (count <= 2 * peer->conf.prefix_limit) {",
     "sim:test_bgp_hostile"),
    ("attributes that were replaced stay", "src/core/routing/bgp/adj_in.c",
     "	bgp_attr_put(&bgp->store, path->extra);\n", "", "sim:test_bgp_hostile"),
    ("refused paths count for ever", "src/core/routing/bgp/adj_in.c",
     "	bgp->hidden_of_client[path->client] -= path->hidden;\n", "", "sim:test_bgp_routes"),
    ("of several paths that are announced all are shown as the first",
     "src/core/routing/bgp/bgp_show.c", "told++, best->net", "told, best->net",
     "sim:test_bgp_again"),
    ("what is announced is shown before its policy", "src/core/routing/bgp/bgp_show.c",
     "		    !bgp_export_make(bgp, peer, &group))\n			continue;\n",
     "		    !bgp_export_make(bgp, peer, &group))\n			continue;\n"
     "		bgp_attr_load(&bgp->store, path[at].attr, &bgp->work);\n", "sim:test_bgp_routes"),
    ("attributes of a refused route are those of the policy", "src/host/ctl/ctl_routing.c",
     "route->hidden ? route->received : route->attr", "route->attr",
     "unit:host_ctl/test_ctl_routing"),
    ("BGP compares the MED of any neighbour", "src/core/routing/bgp/decide.c",
     """head_of(f->bgp, other)->neighbour_as == as &&
""", """""", "unit:core_routing_bgp/test_decide"),
    ("BGP believes AS4_PATH beside a newer aggregator", "src/core/routing/bgp/attr_read.c",
     """	if (!has(r, BGP_AS4_PATH) || as4_is_stale(r))
""", """	if (!has(r, BGP_AS4_PATH))
""", "unit:core_routing_bgp/test_attr_read"),
    ("of two calls that of the lower identifier stays", "src/core/routing/bgp/hear.c",
     """	return ours < theirs ? BGP_LINE_IN : BGP_LINE_OUT;
""", """	return ours < theirs ? BGP_LINE_OUT : BGP_LINE_IN;
""", "sim:test_bgp"),
    ("BGP tells the inside what came from the inside", "src/core/routing/bgp/export.c",
     """	if (from->internal && peer->internal)
		return false;
""", """""", "sim:test_bgp_routes"),
    ("a route that came malformed stays", "src/core/routing/bgp/adj_in.c",
     """	if (harm_done(bgp, peer, &found)) {
		withdraw_all(bgp, peer, update.nlri);
""", """	if (harm_done(bgp, peer, &found)) {
""", "sim:test_bgp_harm"),
    ("routes of a peer that said goodbye are kept", "src/core/routing/bgp/peer.c",
     """peer->error.code == 0 && !peer->notified &&""", """peer->error.code == 0 &&""", "sim:test_bgp_again"),
    ("lists are no part of a policy", "src/core/routing/bgp/policy.c",
     """		if (rule->list != POLICY_NONE) {
""", """		if (false) {
""", "sim:test_bgp_routes"),
    ("of several keys those that are gone stay", "src/core/routing/bgp/sign.c",
     """		if (!has_key(&peer->conf.auth, &old->key[at]))
""", """		if (false)
""",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys one goes while it is used", "src/core/routing/bgp/sign.c",
     """	(void)keys_use(bgp, line->sock, current_id, next != NULL ? rnext_id : asks_id);
""", "",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys the first is asked for that the peer may not have", "src/core/routing/bgp/sign.c",
     "next != NULL ? new->key[0].recv_id : stays->recv_id", "new->key[0].recv_id",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys the first signs whatever the peer asks for", "src/core/routing/bgp/sign.c",
     "current != NULL ? current_id : stays->send_id", "new->key[0].send_id",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys the first is not asked for by who is called", "src/core/routing/bgp/hear.c",
     """	bgp_line_want(bgp, peer, at);
""", "",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys the first has to stay", "src/core/routing/bgp/sign.c",
     "key_that_stays(old, new) != NULL)", "has_key(new, &old->key[0]))",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys the listener keeps those that are gone", "src/core/routing/bgp/sign.c",
     "keys_replace(bgp, peer, bgp->listener, old)", "ao_add_all(bgp, peer, bgp->listener)",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys another one is asked for when it is time", "src/core/routing/bgp/sign.c",
     "	if (rnext_id != asks_id && ", "	if (false && ",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys each is asked for at once, however often", "src/core/routing/bgp/sign.c",
     """ &&
	    bgp->now - line->said_ns >= NS_PER_SEC)""", ")",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys one is asked for by a KEEPALIVE that nobody agreed on", "src/core/routing/bgp/sign.c",
     " && line->keepalive_ns > 0", "",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys two may be told apart by their algorithm alone", "src/core/routing/bgp/sign.c",
     "a->recv_id == b->recv_id && a->alg == b->alg &&", "a->recv_id == b->recv_id &&",
     "unit:core_routing_bgp/test_sign"),
    ("of several keys two have a KeyID", "src/core/routing/bgp/bgp_conf.c",
     """ ||
			    auth->key[other].recv_id == key->recv_id)""", ")",
     "unit:core_routing_bgp/test_bgp_conf"),
    ("of several keys two may be received by one identifier", "src/host/conf/conf_check_bgp.c",
     """		if (!sends && other->recv_id != key->recv_id)
""", """		if (!sends)
""",
     "unit:host_conf/test_conf_load"),
    ("of several keys a reload says that each ends the session", "src/host/conf/conf_schema_bgp.c",
     """			return CONF_LIVE;
""", """			return CONF_ANEW;
""",
     "unit:host_conf/test_conf_print"),
    ("of several keys a reload says that none ends the session", "src/host/conf/conf_diff.c",
     "list->when_of ? list->when_of(from, to) : list->when", "list->when",
     "unit:host_conf/test_conf_print"),
    ("of several keys one alone needs a list", "src/host/conf/conf_schema_bgp.c",
     """	  .lone = true,
""", "",
     "unit:host_conf/test_conf_load"),
    ("of several keys the first alone is given to BGP", "src/prog/run_routing_speakers.c",
     """	auth->key_count = given->ao_count;
""", """	auth->key_count = 1;
""",
     "unit:prog/test_run_routing"),
    ("a peer without its key may call", "src/core/routing/bgp/line.c",
     """ || !peer->may_call""", """""", "unit:core_routing_bgp/test_sign"),
    ("a reader that stands on a net is carried along with it", "src/core/routing/read.c",
     "reader_stand(rib, &rib->reader[at], net->prev);", "reader_stand(rib, &rib->reader[at], net->next);",
     "unit:core_routing/test_rib_random"),
    ("nets go before every reader has heard of it", "src/core/routing/read.c",
     "if (!back && (net->seq > heard || ", "if (!back && (false || ", "unit:core_routing/test_rib_random"),
    ("gateways are found by routes whose choice may follow from them", "src/core/routing/resolve.c",
     "	       rib->chooser[rib->client[route->client].source].choose == NULL;", "	       true;",
     "unit:core_routing/test_rib_random"),
    ("who marks faster than is taken keeps others from their turn", "src/core/routing/marks.c",
     "&marks->round[1 - marks->now];\n	u32 at = idx", "&marks->round[marks->now];\n	u32 at = idx",
     "unit:core_routing/test_rib"),
    ("a table is read faster than it is chosen", "src/core/routing/bgp/hear.c",
     " && !rib_is_behind(bgp->env.rib)) {", ") {", "sim:test_table"),
    ("routes that lead back are followed", "src/core/routing/resolve.c",
     "	} else if (is_on_the_way(s, set)) {", "	} else if (s->looped && is_on_the_way(s, set)) {",
     "unit:core_routing/test_rib"),
    ("a gateway that is found by no route is looked for no further", "src/core/routing/resolve.c",
     "		if (s->depth > 0 && reached)", "		if (s->depth > 0)", "unit:core_routing/test_rib"),
    ("flows of paths that stay are moved", "src/core/fib/ecmp.c",
     "	if (like != NULL)\n		spread_keep(&spread, like);\n", "	(void)like;\n	(void)spread_keep;\n",
     "unit:core_fib/test_ecmp"),
    ("a reload spreads flows anew", "src/core/fib/fib.c",
     "	fib_nexthops_keep(fib);\n	for", "	for", "unit:core_path/test_spread"),
    ("what is masqueraded ends for a path that comes", "src/core/path/route.c",
     "	return own == NULL ? way : own;", "	return own != NULL ? way : own;",
     "unit:core_path/test_spread"),
    ("nets behind a gateway are not told of its new way", "src/core/routing/client.c",
     "rib->hops[route->hops].changed_round >= rib->round", "false", "unit:core_routing/test_rib_random"),
    ("sets of next hops that come meanwhile take the turn of others", "src/core/routing/hops.c",
     "		rib->resolve_left += rib->resolve_left > 0;\n", "", "unit:core_routing/test_rib"),
    ("a path that is offered again stays stale", "src/core/routing/rib.c",
     "		route->era = new.era;\n", "		(void)new.era;\n", "unit:core_routing/test_rib"),
    ("a reload forgets what it does not want any more", "src/core/engine/routing_local.c",
     "		(void)local_walk(s, &s->conf, LOCAL_TAKE_STALE);\n", "", "unit:core_engine/test_routing"),
    ("a mapping goes along to another way out", "src/core/nat/nat.c",
     "is_of_other_way(nat, address->addr, way->out_if));", "false);", "unit:core_path/test_way"),
    ("a route that zebra has replaced by one that is refused stays", "src/core/routing/fpm/fpm_route.c",
     "	if (why != FPM_OF_KERNEL && why != FPM_OTHER_TABLE)\n", "	if (false)\n",
     "unit:core_routing_fpm/test_fpm"),
    ("what is stale follows a number of the next connection", "src/core/routing/fpm/fpm_route.c",
     "	if (path->stale)\n		return false;\n", "", "unit:core_routing_fpm/test_fpm"),
    ("routes do not follow the parts of their group", "src/core/routing/fpm/fpm_object.c",
     "changed |= fpm_object_at(fpm, object->part[i].object)->changed_round >= fpm->round;",
     "(void)i;", "unit:core_routing_fpm/test_fpm"),
    ("numbers of another host's interfaces are taken for ours", "src/core/routing/fpm/fpm_route.c",
     "	if (fpm->peer.same_host)\n", "	if (true)\n", "unit:core_routing_fpm/test_fpm"),
    ("a zebra that told nothing makes all stale", "src/core/routing/fpm/fpm.c",
     "	if (fpm->told)\n		routes_hold(fpm, now);", "	routes_hold(fpm, now);",
     "unit:core_routing_fpm/test_fpm"),
    ("a zebra that is back has what is left of the hold time", "src/core/routing/fpm/fpm.c",
     "	if (fpm->hold_ns != NS_NEVER)\n		fpm->hold_ns = now",
     "	if (false)\n		fpm->hold_ns = now", "unit:core_routing_fpm/test_fpm"),
    ("half a frame is gone on with by the next connection", "src/core/routing/fpm/fpm.c",
     "	fpm->frame_bytes = 0;\n	fpm->said = 0;", "	fpm->said = 0;",
     "unit:core_routing_fpm/test_fpm"),
    ("a prefix may have bits behind its length", "src/core/routing/fpm/fpm_msg.c",
     "	return (be32_host(msg->prefix) & ~ip4_mask(msg->len)) == 0;", "	return true;",
     "unit:core_routing_fpm/test_fpm_msg"),
    ("shorter time-outs wait for the old ones", "src/core/ct/ct.c",
     "	if (shorter)\n		ct_sweep_again(ct);\n", "	(void)shorter;\n", "unit:core_ct/test_expire"),
    ("a packet counts a byte more", "src/core/ct/track.c",
     "bytes[dir] += pkt->len;", "bytes[dir] += pkt->len + 1;", "sim"),
    ("the first fragment is not counted", "src/core/path/transmit.c",
     "fragments += parts.count;", "fragments += parts.count - 1;", "sim"),
    ("rules that say drop let it pass", "src/core/path/filter.c",
     "	if (fate.action != FILTER_ACCEPT)\n		return die(path, pkt, chain, fate);",
     "	if (fate.action == FILTER_REJECT)\n		return die(path, pkt, chain, fate);", "sim"),
    ("a capture that breaks off passes for a whole one", "src/host/io/pcap.c",
     "dev->broken = got != PCAP_ERROR_BREAK;", "dev->broken = false;", "unit:prog/test_replay"),
    ("a connect gives up at the first port that rests", "src/core/engine/socket.c",
     "		if (error != SOCK_IN_USE)\n			return error;\n	}\n	return SOCK_IN_USE;\n}\n\nstatic enum sock_error connect_try",
     "		if (error != SOCK_OK)\n			return error;\n	}\n	return SOCK_IN_USE;\n}\n\nstatic enum sock_error connect_try",
     "sim:test_sock_short"),
    ("the peer's port is looked for at our end", "src/core/engine/show_sock.c",
     "end_matches(&filter->peer, &info->peer);", "end_matches(&filter->peer, &info->local);",
     "unit:core_path/test_sock_tcp"),
    ("half-open connections are no small ones", "src/core/engine/show_sock.c",
     "(BIT(TCP_SYN_RECEIVED) | BIT(TCP_TIME_WAIT))", "BIT(TCP_TIME_WAIT)",
     "unit:core_path/test_sock_tcp"),
    ("rules of other zones pass the filter of show", "src/host/ctl/ctl_rules.c",
     "any || (named & zone_ifs) != 0;", "any || named != 0;", "unit:host_ctl/test_ctl_filters"),
    ("rules are shown whatever their sets hold", "src/host/ctl/ctl_rules.c",
     "return holds(s, set, &asked) != addr->not ;", "return !addr->not ;",
     "unit:host_ctl/test_ctl_filters"),
    ("diff calls live what the engine would refuse", "src/prog/run_change.c",
     "return sluice_look(run->sluice, &run->next_conf, &why) == ERR_OK ||",
     "return sluice_look(run->sluice, &run->next_conf, &why) != ERR_NOT_FOUND ||",
     "interop:test_reload"),
    ("explain is silent about a header that is no good", "src/core/path/bury.c",
     "	else if (path_is_traced(path) && !has_ip_header(pkt))",
     "	else if (path_is_traced(path) && pkt->l4 == UINT16_MAX)", "unit:core_engine/test_explain"),
    ("a capture of all interfaces is read one octet too early", "src/host/io/pcap_link.c",
     "second = { 20, 10, 11, 12, 0 };", "second = { 19, 10, 11, 12, 0 };",
     "unit:host_io/test_pcap"),
    ("the address of a network passes for that of a host", "src/host/conf/conf_check_address.c",
     "return of->prefix_len < 31 &&", "return of->prefix_len < 8 &&",
     "unit:host_conf/test_conf_load"),
    ("what changed in a long list is not told", "src/host/conf/conf_diff.c",
     "field->kind == CONF_VALUES && (is_cut(one) || is_cut(two))",
     "field->kind == CONF_BOOL", "unit:host_conf/test_conf_print"),
    ("flows a second of a backend are counted from its beginning", "src/prog/top_view.c",
     "row->made < old[i].made ? 0 : old[i].made", "0", "unit:prog/test_top_view"),
]
