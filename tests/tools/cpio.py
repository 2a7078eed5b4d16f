#!/usr/bin/env python3
"""Writes a cpio archive of the `newc` kind, the same bytes for the same input.

    cpio.py ARCHIVE PATH=FILE...

What may be executed may be so in the archive too.
"""
import os
import sys


def entry(path, inode, mode, data=b'', links=1, owner=(0, 0)):
    """One member: its header, its name and its data, each padded to four bytes (cpio(5), newc)."""
    name = path.encode() + b'\0'
    fields = (inode, mode, *owner, links, 0, len(data), 0, 0, 0, 0, len(name), 0)
    head = b'070701' + b''.join(b'%08X' % field for field in fields) + name
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def archive(files, plain=(), owned=None):
    """files: {path: bytes}. All may be executed, but for those whose paths are in plain. Parent
    folders come before what is in them. owned: {path: (mode, user, group)}, of files and folders
    that are not root's."""
    owned = owned or {}
    folders = set()
    for path in files:
        parts = path.split('/')[:-1]
        folders.update('/'.join(parts[:i + 1]) for i in range(len(parts)))
    members = [(path, 0o040755, b'', 2) for path in sorted(folders)]
    members += [(path, 0o100644 if path in plain else 0o100755, files[path], 1)
                for path in sorted(files)]
    out = b''
    for inode, (path, mode, data, links) in enumerate(members, 1):
        rights, *owner = owned.get(path, (mode & 0o7777, 0, 0))
        out += entry(path, inode, mode & ~0o7777 | rights, data, links, owner)
    return out + entry('TRAILER!!!', 0, 0)


def main():
    files, plain = {}, []
    for word in sys.argv[2:]:
        path, _, source = word.partition('=')
        with open(source, 'rb') as file:
            files[path.lstrip('/')] = file.read()
        if not os.access(source, os.X_OK):
            plain.append(path.lstrip('/'))
    with open(sys.argv[1], 'wb') as out:
        out.write(archive(files, plain))


if __name__ == '__main__':
    main()
