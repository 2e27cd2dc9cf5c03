using System.Runtime.InteropServices;
using CleanRoom.Admin;

using var stop = new CancellationTokenSource();

// Both ways of stopping it let it end what it runs first.
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await AdminCommand.RunAsync(args, Console.Out, Console.Error, stop.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
