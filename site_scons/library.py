"""How all of core becomes one object."""
from SCons.Script import Action

LINK = '$LD -r -o $TARGET $SOURCES'

# All of core's variables lie between two symbols of the linker's, __start_eft_state and
# __stop_eft_state: a snapshot copies what is between them.
_RENAME = '${BIN}objcopy --rename-section .bss=eft_state $TARGET'
LINK_GATHERED = f'{LINK} && {_RENAME}'
GATHER = Action(_RENAME, cmdstr=None)
