/* What is known of the last 65,536 echo requests: when each was sent, and whether it was answered.
 *
 * The 16-bit sequence number is the index, so the memory is fixed however long a ping runs; when
 * the numbers wrap, sending overwrites the oldest. Keeping the time here, not in the payload, gives
 * a round-trip time at every payload size and lets no peer forge one. */
#ifndef SLUICE_TOOL_SEQ_WINDOW_H
#define SLUICE_TOOL_SEQ_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define SEQ_WINDOW_SIZE 65536

enum seq_fate {
	SEQ_UNKNOWN,   /* never sent: not ours */
	SEQ_FIRST,     /* first answer */
	SEQ_DUPLICATE, /* answered before */
};

struct seq_window {
	uint64_t sent_ns[SEQ_WINDOW_SIZE]; /* monotonic; 0 = never sent */
	uint64_t answered[SEQ_WINDOW_SIZE / 64];
};

/* Requires: sent_ns is not 0. Forgets what the number meant 65,536 sendings ago. */
void seq_window_sent(struct seq_window *window, uint16_t seq, uint64_t sent_ns);

/* Marks seq as answered; *sent_ns is set unless the answer is SEQ_UNKNOWN. */
enum seq_fate seq_window_answer(struct seq_window *window, uint16_t seq, uint64_t *sent_ns);

/* Has this number been sent and not been answered? Changes nothing. */
bool seq_window_waits(const struct seq_window *window, uint16_t seq);

/* Has this number been sent? */
bool seq_window_knows(const struct seq_window *window, uint16_t seq);

#endif
