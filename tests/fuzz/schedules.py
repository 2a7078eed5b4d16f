"""All programs and schedules of a small alphabet, counted from what they are: a few lines of fork,
exit, wait and kill, enough to know who can act, and which share nothing with Eft."""

LETTERS = 'fork exit0 exit1 wait wait-child wait-nohang kill-child store load'.split()
GOES_ON = 'goes-on'
ANY = 'any'
FUTEX = 'futex'
MAKERS = 'fork', 'thread'


class Process:
    def __init__(self, parent=None, other=None):
        self.parent = parent  # a number; init's is None
        self.made = []        # its children by fork, even those that are gone
        self.zombies = []     # in the order in which they came
        self.state = 'free'   # free, waits, woken, killed, zombie, gone
        self.awaits = None    # ANY or a number; FUTEX
        self.leader = 0       # of a thread: the first of its process
        if other:
            self.__dict__.update(other.__dict__)
            self.made = list(other.made)
            self.zombies = list(other.zombies)

    def is_live(self):
        return self.state not in ('zombie', 'gone')


class World:
    """Processes by number, in the order in which they were made; 0 is init."""

    def __init__(self, other=None):
        self.all = [Process(other=process) for process in other.all] if other else [Process()]
        self.queue = list(other.queue) if other else []  # who waits for the word, in order

    def can(self, who, calls_left, bounds):
        """What somebody can do: (letter, child or None)."""
        process = self.all[who]
        if self.all[0].state == 'zombie' or not process.is_live() or process.state == 'waits':
            return []
        if process.state in ('woken', 'killed'):
            return [(GOES_ON, None)]
        result = []
        for letter in bounds.alphabet if calls_left else ():
            if letter.endswith('-child'):
                result += [(letter, child) for child in process.made]
            elif letter not in MAKERS or len(self.all) < bounds.processes:
                result.append((letter, None))
        return result

    def act(self, who, letter, child):
        process = self.all[who]
        if letter == 'fork':
            process.made.append(len(self.all))
            self.all.append(Process(parent=who))
            self.all[-1].leader = len(self.all) - 1
        elif letter == 'thread':
            self.all.append(Process())
            self.all[-1].leader = process.leader
        elif letter == 'leave':
            self.leave(process)
        elif letter == 'futex-wait':
            process.state, process.awaits = 'waits', FUTEX
            self.queue.append(who)
        elif letter == 'futex-wake':
            if self.queue:
                self.all[self.queue.pop(0)].state = 'woken'
        elif process.state == 'woken' and process.awaits == FUTEX:
            process.state = 'free'
        elif letter.startswith('exit') or process.state == 'killed':
            self.end(process.leader)
        elif letter == GOES_ON:
            self.wait(process, who)
        elif letter == 'wait-nohang':
            self.reap(process, ANY)
        elif letter.startswith('wait'):
            process.awaits = ANY if child is None else child
            self.wait(process, who)
        elif letter == 'kill-child' and self.all[child].is_live():
            self.all[child].state = 'killed'

    def reap(self, process, awaited):
        for zombie in process.zombies:
            if awaited in (ANY, zombie):
                self.all[zombie].state = 'gone'
                process.zombies.remove(zombie)
                return True
        return False

    def wait(self, process, who):
        hopes = [number for number, child in enumerate(self.all)
                 if child.parent == who and child.is_live() and process.awaits in (ANY, number)]
        done = self.reap(process, process.awaits) or not hopes
        process.state = 'free' if done else 'waits'

    def leave(self, process):
        """Of threads of init: its last one is its end."""
        process.state = 'gone'
        if not any(other.is_live() for other in self.all):
            self.all[0].state = 'zombie'

    def end(self, who):
        process = self.all[who]
        process.state = 'zombie'
        if who == 0:
            return
        for child in self.all:
            if child.parent == who and child.state != 'gone':
                child.parent = 0
        for zombie in process.zombies:
            self.tell(0, zombie)
        process.zombies = []
        self.tell(process.parent, who)

    def tell(self, parent, zombie):
        self.all[parent].zombies.append(zombie)
        if self.all[parent].state == 'waits':
            self.all[parent].state = 'woken'  # to look again, whomever it waits for


class Bounds:
    def __init__(self, calls=5, processes=3, preemptions=2, alphabet=tuple(LETTERS)):
        self.calls = calls
        self.processes = processes
        self.preemptions = preemptions
        self.alphabet = alphabet


def schedules(bounds, world=None, done=(), calls=0, left=frozenset(), preemptions=0):
    """Each complete schedule: a tuple of (who, letter, child or None)."""
    world = world or World()
    options = {who: world.can(who, bounds.calls - calls, bounds) for who in range(len(world.all))}
    if not any(option == (GOES_ON, None) for each in options.values() for option in each):
        yield done
    last = done[-1][0] if done else None
    for who, each in options.items():
        now_left = left | {last} if last not in (None, who) and options[last] else left
        more = preemptions + (who in now_left)
        if more > bounds.preemptions:
            continue
        for letter, child in each:
            after = World(world)
            after.act(who, letter, child)
            yield from schedules(bounds, after, done + ((who, letter, child),),
                                 calls + (letter != GOES_ON), now_left - {who}, more)


def program_of(schedule):
    """What each process calls: processes are known by who made them, and as their how-manieth."""
    names = {0: ()}
    forks = {}
    program = {}
    for who, letter, child in schedule:
        if letter == GOES_ON:
            continue
        named = None if child is None else names[child]
        program.setdefault(names[who], []).append((letter, named))
        if letter in MAKERS:
            forks[who] = forks.get(who, 0) + 1
            names[len(names)] = names[who] + (forks[who],)
    return frozenset((name, tuple(calls)) for name, calls in program.items())


def text_of(schedule):
    """As enumerate --print writes it."""
    return ' '.join(f'{who}:{letter}' + ('' if child is None else f':{child}')
                    for who, letter, child in schedule)
