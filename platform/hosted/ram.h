/*
 * Simulated RAM: the bytes, what each frame is used for, and what became of it lately.
 */
#ifndef HOSTED_RAM_H
#define HOSTED_RAM_H

#include "platform/platform.h"

#define RAM_BASE ((paddr_t)0x40000000) /* as on QEMU's virt board */

enum {
    RAM_MIN_MIB = 2,
    RAM_MAX_MIB = 16 * 1024, /* slots of tables are counted in 32 bits, see table.h */
};

/* What the machine knows of a frame. All 0: free, as at boot. */
struct ram_frame {
    uint32_t mapped; /* page descriptors of open tables that name it */
    uint32_t table;  /* the open table that it is, as a number of table.h; 0: none */
    bool is_owned;   /* not FREE as a whole */
    bool is_synced;  /* plat_icache_sync since it became owned */
    bool is_fetched; /* and executed since then */
    bool is_written; /* or written to by its program, which then has to see to it itself */
    bool is_kept;    /* marked in parts, or with others: core keeps pointers into it */
    bool is_stale;   /* free, and its bytes are of a run that was undone: they count as zeros */
    uint64_t synced; /* what its bytes were then: a sum of them */
};

/* ram.c's own; what follows is all that there is to know. */
extern struct ram_area {
    uint64_t size;
    uint8_t *bytes;
    struct ram_frame *frames;
    uint32_t *stamps; /* by frame: the tick of the last store that was noted */
    uint64_t *stored; /* a bit for each frame with a store that was noted */
    uint32_t tick;
} ram_area;

static inline bool ram_contains(paddr_t pa, uint64_t size)
{
    return pa >= RAM_BASE && pa - RAM_BASE < ram_area.size &&
           size <= ram_area.size - (pa - RAM_BASE);
}

/* Of an address in RAM. */
static inline uint8_t *ram_host(paddr_t pa)
{
    return ram_area.bytes + (pa - RAM_BASE);
}

static inline struct ram_frame *ram_frame(paddr_t pa)
{
    return &ram_area.frames[(pa - RAM_BASE) >> PLAT_PAGE_SHIFT];
}

/* Makes size bytes of RAM, page-aligned, all FREE; what was there before is gone. The same size as
 * before lies at the same place. false: the host has no room. */
bool ram_init(uint64_t size);

/* No RAM. */
void ram_release(void);

uint64_t ram_size(void);

/* How often ram_init has been called. */
uint64_t ram_boot_count(void);

/* Which frames have ever been owned, a bit each. */
uint64_t *ram_touched(void);

/* ---- the log of stores ---- */

/* Something may be stored in the page that pa lies in, or its marks change. Noted of every store by
 * the kernel and by programs, except the kernel's to pages that are kept. Programs' later stores by
 * the same translation are not, until mmu_write_epoch changes. */
static inline void ram_note_store(paddr_t pa)
{
    uint64_t number = (pa - RAM_BASE) >> PLAT_PAGE_SHIFT;

    ram_area.stamps[number] = ram_area.tick;
    ram_area.stored[number / 64] |= UINT64_C(1) << number % 64;
}

/* A bit for each frame: noted since the bit was cleared, by ram_forget_stores or by the caller. */
uint64_t *ram_stored(void);
void ram_forget_stores(void);

/* By frame, the value of a count when it was last noted, and the count, from 1, which goes up by
 * one. Independent of the bits. */
const uint32_t *ram_stamps(void);
uint32_t ram_tick(void);

/* How many events history has, to go back to with a snapshot. */
uint64_t ram_event_count(void);
void ram_set_event_count(uint64_t count);

/* Reports code that was not synced, or was written by the kernel after it was, at its first
 * execution. */
void ram_check_code(paddr_t pa, uaddr_t va);

/* Reports the first of these bytes, which a program is about to see at va (or, of a page that is
 * being mapped, behind the start of its table), that nobody has written. Needs
 * MemorySanitizer. */
void ram_check_defined(const void *bytes, size_t size, uaddr_t va);

/* The other way round; false: not in RAM. */
bool ram_find_host(const void *host, paddr_t *pa);

/* A freed frame is a redzone, and so is a table, which only plat_pte_* may touch. */
void ram_close(paddr_t pa, size_t size);
void ram_open(paddr_t pa, size_t size);

/* Prints who gave and took the frame that pa lies in, latest first. */
void ram_print_history(paddr_t pa);

#endif
