using System.CommandLine;
using CleanRoom.Client;
using CleanRoom.Records.Import;
using CleanRoom.Transport;

namespace CleanRoom.Cli.Output;

/// <summary>Runs a command, and turns what goes wrong into one line on standard error and an exit code.</summary>
internal static class Runner
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            var screen = new Screen(args.Contains("--json", StringComparer.Ordinal), Console.Out, Console.Error);
            return screen.Error((int)ClientProblem.Usage, nameof(ClientProblem.Usage), Sentence(parsed.Errors[0].Message), null, $"See \"{Path(parsed.CommandResult)} --help\".");
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
    }

    public static void Handle(this Command command, Func<Call, Task<int>> action) => command.SetAction(async (result, token) =>
    {
        var screen = new Screen(result.GetValue(Common.Json), Console.Out, Console.Error);
        var call = new Call(result, screen, token);
        screen.SimulatedWords = call.Words["simulated"];
        try
        {
            return await EndedAsync(Task.Run(() => action(call), CancellationToken.None), token).ConfigureAwait(false);
        }
        catch (ClientException exception)
        {
            return screen.Error(ExitCodes.Of(exception.Problem), exception.Problem.ToString(), exception.Message);
        }
        catch (CleanRoomException exception)
        {
            var remedy = exception.Remedy ?? (exception.Reason == ErrorReason.Unavailable ? "Check that the service runs and its address, then try again." : null);
            return screen.Error(ExitCodes.Of(ExitCodes.Of(exception.Reason)), exception.Reason.ToString(), exception.Message, exception.Field, remedy);
        }
        catch (ImportException exception)
        {
            return screen.Error((int)ClientProblem.BadData, nameof(ClientProblem.BadData), exception.Message);
        }
        catch (OperationCanceledException)
        {
            return screen.Error(ExitCodes.Interrupted, "Interrupted", call.Words["interrupted"]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return screen.Error((int)ClientProblem.InputOutput, nameof(ClientProblem.InputOutput), "Reading or writing a file failed: check the disk, the free space and your permissions.");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The message of an exception that nobody expected may hold anything, so it stays inside.
            return screen.Error(ExitCodes.Internal, "Fault", $"This program has a fault here ({exception.GetType().Name}); nothing was lost: run it again, and report what you did.");
        }
    });

    /// <summary>Waits for the end, and after Ctrl-C not for ever: a read that nothing answers does not hear of it.</summary>
    private static async Task<int> EndedAsync(Task<int> work, CancellationToken token)
    {
        var interrupted = new TaskCompletionSource();
        await using var registration = token.Register(interrupted.SetResult).ConfigureAwait(false);
        if (await Task.WhenAny(work, interrupted.Task).ConfigureAwait(false) != work)
        {
            await Task.WhenAny(work, Task.Delay(Patience, CancellationToken.None)).ConfigureAwait(false);
        }

        return work.IsCompleted ? await work.ConfigureAwait(false) : throw new OperationCanceledException(token);
    }

    private static string Path(System.CommandLine.Parsing.SymbolResult? result)
    {
        var names = new List<string>();
        for (; result is not null; result = result.Parent)
        {
            if (result is System.CommandLine.Parsing.CommandResult { Command: not RootCommand, Command.Name: var name })
            {
                names.Insert(0, name);
            }
        }

        return string.Join(' ', names.Prepend("cleanroom"));
    }

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";

    public static void Handle(this Command command, Func<Call, int> action) => command.Handle(call => Task.FromResult(action(call)));
}
