using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using CleanRoom.Admin.Commands;
using CleanRoom.Storage;
using CleanRoom.Storage.Leases;

namespace CleanRoom.Admin.Leading;

/// <summary>
/// <c>lead</c>: runs a program while this process holds a lease, and stops it when it does not. Two or more of them, on one machine or several, are a leader and its
/// standbys. The enclave itself needs no database for that, and none is in what is measured. What two leaders at once could do is prevented elsewhere: an older
/// generation is void.
/// </summary>
internal sealed class LeadCommand
{
    public const string Usage = """
        Use: cleanroom-admin lead --name NAME STORE [--seconds N] [--state FILE] -- PROGRAM ARGUMENT ...
        Runs PROGRAM while this process holds the lease NAME, for example a room's id, and stops it (end of its input, then kill) when the lease is lost or this
        process ends. STORE is --data DIR or --postgres "Host=…" [--schema NAME]. A lease lasts N seconds (5; 2 to 600) and is prolonged three times in each. A standby
        takes over at once when the leader stops, and within N seconds when it is gone. FILE says standby or leading, for "health --standby-file".
        A program that ends is started again after a pause, unless it ended with 78 (wrong settings): then this process ends with 78 too.
        """;

    /// <summary>What the state file says while this process waits.</summary>
    public const string StandingBy = "standby";

    private const string Leads = "leading";

    /// <summary>The exit code of a service whose settings are wrong: they stay wrong.</summary>
    private const int WrongSettings = 78;

    /// <summary>A program that ran this long had begun its work.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly string _name;
    private readonly StorePlace _place;
    private readonly string? _state;
    private readonly string[] _program;
    private readonly TimeSpan _duration;
    private readonly Guid _holder = new(RandomNumberGenerator.GetBytes(16));

    private LeadCommand(Options options, string[] program, TimeSpan duration) =>
        (_name, _place, _state, _program, _duration) = (options["--name"]!, StorePlace.Of(options), options["--state"], program, duration);

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">What follows <c>lead</c>.</param>
    /// <param name="command">The command.</param>
    /// <param name="mistake">What is wrong, or how it is used.</param>
    public static bool TryParse(string[] arguments, [NotNullWhen(true)] out LeadCommand? command, out string mistake)
    {
        command = null;
        mistake = Usage;
        var split = Array.IndexOf(arguments, "--");
        if (split < 0 || split == arguments.Length - 1)
        {
            return false;
        }

        if (!Options.TryRead("lead", arguments.AsSpan(0, split), ["--name", "--seconds", "--state", .. StorePlace.Names], out var options, out var wrong))
        {
            mistake = wrong;
            return false;
        }

        var seconds = 5;
        mistake = options["--name"] is not { Length: >= 1 and <= 128 } ? "--name must have 1 to 128 characters."
            : StorePlace.Problem(options) is { } problem ? problem
            : options["--seconds"] is { } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) && seconds is >= 2 and <= 600)
                ? "--seconds must be a whole number from 2 to 600."
                : string.Empty;
        command = mistake.Length == 0 ? new LeadCommand(options, arguments[(split + 1)..], TimeSpan.FromSeconds(seconds)) : null;
        return command is not null;
    }

    /// <summary>Leads and stands by until it is stopped.</summary>
    public async Task<int> RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        using var store = _place.OpenLeases(_duration / 3);
        var pause = TimeSpan.Zero;
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await NoteAsync(StandingBy);
                var lease = await TakeAsync(store, cancellationToken);
                if (lease is { Held: true })
                {
                    await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"leading term {lease.Value.Term}"));
                    var begun = Stopwatch.GetTimestamp();
                    if (await LeadAsync(store, output, cancellationToken) is { } code)
                    {
                        if (code == WrongSettings)
                        {
                            await output.WriteLineAsync("the program says that its settings are wrong (78)");
                            return WrongSettings;
                        }

                        // Without the lease: meanwhile a standby may do better.
                        pause = Stopwatch.GetElapsedTime(begun) >= Steady ? FirstPause : pause == TimeSpan.Zero ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
                        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"the program ended with {code}; again in {pause.TotalSeconds} s"));
                        await NoteAsync(StandingBy);
                        await Task.Delay(pause, TimeProvider.System, cancellationToken);
                    }

                    continue;
                }

                // Not long before its end, and often enough to see that it was given up.
                var wait = lease?.Remaining is { } rest && rest > TimeSpan.Zero && rest < _duration / 5 ? rest : _duration / 5;
                await Task.Delay(wait, TimeProvider.System, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is stopped; the program has ended before.
        }

        return 0;
    }

    /// <summary>Leads until the lease or the program ends.</summary>
    /// <returns>The program's exit code if it ended by itself.</returns>
    private async Task<int?> LeadAsync(ILeaseStore store, TextWriter output, CancellationToken cancellationToken)
    {
        using var program = Start();
        var exited = program.WaitForExitAsync(CancellationToken.None);
        var held = Stopwatch.GetTimestamp();
        try
        {
            while (!exited.IsCompleted)
            {
                await NoteAsync(Leads);
                using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(exited, Task.Delay(_duration / 3, TimeProvider.System, timer.Token));
                await timer.CancelAsync();
                if (cancellationToken.IsCancellationRequested)
                {
                    return null;
                }

                if (exited.IsCompleted)
                {
                    break;
                }

                // Reckoned from before the question: the answer may have been on its way for long, or this process paused.
                var asked = Stopwatch.GetTimestamp();
                switch (await TakeAsync(store, cancellationToken))
                {
                    case { Held: true }:
                        held = asked;
                        break;
                    case { Held: false }:
                        await output.WriteLineAsync("the lease is another's");
                        return null;
                    default:
                        if (Stopwatch.GetElapsedTime(held) >= _duration)
                        {
                            await output.WriteLineAsync("the store does not answer and the lease is over");
                            return null;
                        }

                        break;
                }
            }

            return program.ExitCode;
        }
        finally
        {
            await StopAsync(program);
            await GiveUpAsync(store);
            await output.WriteLineAsync("not leading");
        }
    }

    /// <summary>Asks the store; <see langword="null"/> if it does not answer.</summary>
    private async Task<Lease?> TakeAsync(ILeaseStore store, CancellationToken cancellationToken)
    {
        try
        {
            return await store.TryTakeAsync(_name, _holder, _duration, cancellationToken);
        }
        catch (StorageException)
        {
            return null;
        }
    }

    private async Task GiveUpAsync(ILeaseStore store)
    {
        try
        {
            await store.GiveUpAsync(_name, _holder, CancellationToken.None);
        }
        catch (StorageException)
        {
            // Then it ends by itself.
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(_program[0], _program[1..]) { RedirectStandardInput = true };

        // Should this process be killed, the program's input ends, and with it the program.
        start.Environment["Server__StopAtEndOfInput"] = "true";
        return Process.Start(start) ?? throw new IOException("The program does not start.");
    }

    private static async Task StopAsync(Process program)
    {
        try
        {
            program.StandardInput.Close();
            using var timeout = new CancellationTokenSource(Patience);
            await program.WaitForExitAsync(timeout.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            program.Kill(entireProcessTree: true);
            await program.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>Tells a health check that this process looks at its lease, and how it stands; whole or not at all, since a probe may look at any moment.</summary>
    private async Task NoteAsync(string state)
    {
        if (_state is not null)
        {
            var beside = _state + ".new";
            await File.WriteAllTextAsync(beside, state, CancellationToken.None);
            File.Move(beside, _state, overwrite: true);
        }
    }
}
