"""Runs a command on a terminal of its own. argv: columns, what to wait for, keys to type then, again from there, ..., --, command.
Prints as JSON what the terminal was sent, how the command ended, and whether the terminal's settings are as they were."""
import fcntl, json, os, pty, select, struct, sys, termios, time

split = sys.argv.index("--")
columns, *plan = sys.argv[1:split]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[split + 1], sys.argv[split + 1 :])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
before = termios.tcgetattr(terminal)
after = before
output, seen, deadline = b"", 0, time.time() + 60
while time.time() < deadline:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        output += chunk
        after = termios.tcgetattr(terminal)
    if plan and plan[0].encode() in output[seen:]:
        seen = len(output)
        os.write(terminal, plan[1].encode())
        plan = plan[2:]
_, status = os.waitpid(pid, 0)
print(json.dumps({
    "output": output.decode(),
    "exit": os.waitstatus_to_exitcode(status),  # negative: the signal that ended it
    "same": before == after,
}))
