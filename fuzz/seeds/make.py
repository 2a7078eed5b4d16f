#!/usr/bin/env python3
"""Makes the seeds of the harnesses: FOLDER/HARNESS/NAME for each.

    make.py FOLDER
"""
import os
import sys


def words(*numbers):
    """Steps of a harness that reads a number as a byte, or as more: (number, bytes)."""
    return b''.join(number[0].to_bytes(number[1], 'little') if isinstance(number, tuple)
                    else bytes([number]) for number in numbers)


def main():
    place = sys.argv[1]
    for harness, seeds in SEEDS.items():
        os.makedirs(os.path.join(place, harness), exist_ok=True)
        for name, content in seeds.items():
            with open(os.path.join(place, harness, name), 'wb') as file:
                file.write(content)


# Frames: RAM as it is, one reserved range, pools; then steps.
FRAME_START = words(1, 1, 1, (0x1234, 3), (0x2345, 2), (600, 2), (64, 2), (120, 2))
SEEDS = {
    'frame': {
        'alloc-get-put': FRAME_START + words(0, 0, 0, 7, 3, (0, 2), 4, (0, 2), 4, (0, 2)),
        'pools': FRAME_START + words(8, 0, 0, 1, 8, 0, 0, 2, 8, 1, 0, 3, 10, (0, 2), 11),
    },
}

if __name__ == '__main__':
    main()
