/* What is known of the last 65,536 echo requests. */
#include "tool/seq_window.h"

static uint64_t seq_bit(uint16_t seq)
{
	return 1ULL << (seq % 64);
}

void seq_window_sent(struct seq_window *window, uint16_t seq, uint64_t sent_ns)
{
	window->sent_ns[seq] = sent_ns;
	window->answered[seq / 64] &= ~seq_bit(seq);
}

bool seq_window_knows(const struct seq_window *window, uint16_t seq)
{
	return window->sent_ns[seq] != 0;
}

bool seq_window_waits(const struct seq_window *window, uint16_t seq)
{
	return seq_window_knows(window, seq) && !(window->answered[seq / 64] & seq_bit(seq));
}

enum seq_fate seq_window_answer(struct seq_window *window, uint16_t seq, uint64_t *sent_ns)
{
	if (!seq_window_knows(window, seq))
		return SEQ_UNKNOWN;
	*sent_ns = window->sent_ns[seq];
	if (!seq_window_waits(window, seq))
		return SEQ_DUPLICATE;
	window->answered[seq / 64] |= seq_bit(seq);
	return SEQ_FIRST;
}
