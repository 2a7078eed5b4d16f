#!/usr/bin/env python3
"""The AArch64 body on the machines that QEMU can be: CPUs, exception levels, interrupt controllers,
sizes of RAM, and places of the initramfs and the device tree."""
import os
import subprocess
import sys

sys.path.insert(0, 'tests/tools')
import machine
from body import boot, case, expect, main, qemu, work_file

RAM_BASE = 0x40000000
PAGE = 4096
MIB = 1 << 20


def works(**words):
    boot(qemu('/bin/echo', 'it', 'works', **words)).expect(0, 'it works')


def on_cpu(cpu):
    for level in ('off', 'on'):
        for gic in (2, 3):
            works(cpu=cpu, machine=f'virt,virtualization={level},gic-version={gic}')


@case
def cortex_a53():
    on_cpu('cortex-a53')


@case
def cortex_a57():
    on_cpu('cortex-a57')


@case
def cortex_a72():
    on_cpu('cortex-a72')


@case
def cpu_max():
    on_cpu('max')


@case
def ram_64_mib():
    works(ram='64M')


@case
def ram_4_gib():
    works(ram='4G')


@case
def the_story_at_el2():
    boot(qemu('/bin/story', ram='64M', machine='virt,virtualization=on,gic-version=3')
         ).expect(0, '=== Init complete ===')


def device_tree(name, ram, *properties):
    """The tree that QEMU would give, with properties set: (node, name, type, value...)."""
    path = work_file(name)
    command = qemu(initrd=None, ram=ram, machine=f'virt,dumpdtb={path}')
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for node, key, kind, *values in properties:
        subprocess.run(['fdtput', '-p', '-t', kind, path, node, key, *values], check=True)
    return path


@case
def initramfs_at_the_end_of_ram():
    ram = 64
    size = os.path.getsize(machine.initramfs())
    end = RAM_BASE + ram * MIB
    for start in (end - size, (end - size) & -PAGE):
        stop = start + size
        tree = device_tree('end.dtb', f'{ram}M',
                           ('/chosen', 'linux,initrd-start', 'x', f'{start:x}'),
                           ('/chosen', 'linux,initrd-end', 'x', f'{stop:x}'))
        loader = f'loader,file={machine.initramfs()},addr={start:#x},force-raw=on'
        works(initrd=None, ram=f'{ram}M', more=['-dtb', tree, '-device', loader])


@case
def initramfs_outside_of_ram():
    for start, stop in ((0x1000, 0x2000), (RAM_BASE + 64 * MIB - PAGE, RAM_BASE + 64 * MIB + PAGE),
                        (RAM_BASE + 2 * PAGE, RAM_BASE + PAGE)):
        tree = device_tree('outside.dtb', '64M',
                           ('/chosen', 'linux,initrd-start', 'x', f'{start:x}'),
                           ('/chosen', 'linux,initrd-end', 'x', f'{stop:x}'))
        ended = boot(qemu(initrd=None, ram='64M', more=['-dtb', tree]))
        expect(ended.status not in (0, None), f'status {ended.status}')
        expect('eft: ' in ended.output, f'no line says what is wrong: {ended.output!r}')


@case
def no_device_tree():
    image = machine.built('aarch64', 'Image')
    loader = f'loader,file={image},addr={RAM_BASE + 2 * MIB:#x},force-raw=on,cpu-num=0'
    ended = boot([*machine.QEMU, '-M', 'virt', '-cpu', 'cortex-a72', '-m', '64M',
                  '-device', loader])
    expect(ended.status not in (0, None), f'status {ended.status}')
    expect('device tree' in ended.output, f'no line says what is missing: {ended.output!r}')


@case
def without_semihosting_psci_powers_off():
    command = qemu('/bin/echo', 'it', 'works', ram='64M')
    at = command.index('-semihosting-config')
    boot(command[:at] + command[at + 2:]).expect(0, 'it works')


main()
