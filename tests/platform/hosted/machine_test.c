/* The machine as a whole: its configuration, its boot information, its end, and reports. */
#include "machine.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "ram.h"
#include "report.h"
#include "rig.h"

static const struct machine_config plain = {.ram_size = RIG_RAM, .cmdline = "a b -- c"};

static void expect_complaint(struct machine_config config, const char *complaint)
{
    choice_init();
    EXPECT_STREQ(machine_start(&config), complaint);
}

TEST(configurations)
{
    static const char bytes[RIG_RAM];

    expect_complaint((struct machine_config){.ram_size = RAM_MIN_MIB << 20, .cmdline = ""}, NULL);
    expect_complaint((struct machine_config){.ram_size = (RAM_MIN_MIB << 20) - 4096},
                     "too little RAM: 2M is the least");
    expect_complaint((struct machine_config){.ram_size = 0}, "too little RAM: 2M is the least");
    expect_complaint((struct machine_config){.ram_size = UINT64_MAX & ~UINT64_C(4095)},
                     "too much RAM: 16G is the most");
    expect_complaint((struct machine_config){.ram_size = RIG_RAM + 512},
                     "RAM is not a multiple of 4K");
    expect_complaint((struct machine_config){.ram_size = RIG_RAM,
                                             .initrd = bytes,
                                             .initrd_size = RIG_RAM - (1 << 20) + 1,
                                             .cmdline = ""},
                     "the initramfs does not fit into RAM");
    expect_complaint((struct machine_config){.ram_size = RIG_RAM,
                                             .initrd = bytes,
                                             .initrd_size = RIG_RAM - (1 << 20),
                                             .cmdline = ""},
                     NULL);
}

TEST(boot_information)
{
    choice_init();
    EXPECT_STREQ(machine_start(&plain), NULL);
    EXPECT_EQ(rig_boot.ram.base, RAM_BASE);
    EXPECT_EQ(rig_boot.ram.size, RIG_RAM);
    EXPECT_EQ(rig_boot.reserved_count, 0);
    EXPECT_EQ(rig_boot.initrd.size, 0);
    EXPECT_STREQ(rig_boot.cmdline, "a b -- c");
    EXPECT_EQ(rig_boot.asid_bits, 16);
}

TEST(initrd_at_the_end_of_ram)
{
    static const char bytes[5001] = "first";
    struct machine_config config = plain;
    paddr_t base = RAM_BASE + RIG_RAM - 2 * PLAT_PAGE_SIZE;

    config.initrd = bytes;
    config.initrd_size = sizeof(bytes);
    choice_init();
    EXPECT_STREQ(machine_start(&config), NULL);
    EXPECT_EQ(rig_boot.initrd.base, base);
    EXPECT_EQ(rig_boot.initrd.size, sizeof(bytes));
    EXPECT_EQ(rig_boot.reserved_count, 1);
    EXPECT_EQ(rig_boot.reserved[0].base, base);
    EXPECT_EQ(rig_boot.reserved[0].size, sizeof(bytes));
    EXPECT_MEMEQ(plat_phys_ptr(base, sizeof(bytes)), bytes, sizeof(bytes));
    EXPECT(ram_frame(base)->is_owned);
    EXPECT(ram_frame(base + PLAT_PAGE_SIZE)->is_owned);
    EXPECT(!ram_frame(base - 1)->is_owned);
    /* When it has been read. */
    plat_mem_mark(base, 2 * PLAT_PAGE_SIZE, PLAT_MEM_FREE);
}

TEST(runs_until_it_is_off)
{
    choice_init();
    EXPECT_STREQ(machine_start(&plain), NULL);
    rig_steps_left = 5;
    plat_power_off(42);
    EXPECT_EQ(machine_run(), 42);
    EXPECT_EQ(rig_steps_left, UINT32_MAX);
    EXPECT_STREQ(machine_start(&plain), NULL);
    rig_steps_left = 0;
    EXPECT_EQ(machine_run(), 0);
}

TEST(local_of_the_cpu)
{
    int local;

    choice_init();
    EXPECT_STREQ(machine_start(&plain), NULL);
    EXPECT_EQ(plat_cpu_local(), NULL);
    plat_cpu_set_local(&local);
    EXPECT_EQ(plat_cpu_local(), &local);
}

TEST_DIES(stop_aborts, "")
{
    choice_init();
    machine_start(&plain);
    plat_stop();
}

/* ---- reports ---- */

TEST_DIES(report_has_a_name, "eft: REPORT some.name: number 7\n")
{
    rig_start(VTLB_ADVERSARIAL);
    report("some.name", REPORT_NO_FRAME, "number %d", 7);
}

TEST_DIES(report_has_the_history, "eft: frame 0x40000000: owned, named by 1 page descriptors\n")
{
    rig_start(VTLB_ADVERSARIAL);
    paddr_t pa = rig_page();
    rig_map(rig_table(), 0, pa | RIG_RW);
    report("some.name", pa + 17, "look");
}

static jmp_buf caught;
static char caught_name[64], caught_details[64];

static void catch_report(const char *name, const char *details)
{
    snprintf(caught_name, sizeof(caught_name), "%s", name);
    snprintf(caught_details, sizeof(caught_details), "%s", details);
    longjmp(caught, 1);
}

TEST(report_can_be_caught)
{
    rig_start(VTLB_ADVERSARIAL);
    report_hook = catch_report;
    for (unsigned i = 0; i < 2; i++) {
        if (setjmp(caught) == 0) {
            report("some.name", REPORT_NO_FRAME, "number %u", i);
        }
        EXPECT_STREQ(caught_name, "some.name");
        EXPECT_EQ(caught_details[7], '0' + i);
    }
    EXPECT_EQ(rig_dumps, 0);
}
