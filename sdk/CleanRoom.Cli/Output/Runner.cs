using System.CommandLine;
using CleanRoom.Client;
using CleanRoom.Records.Import;
using CleanRoom.Transport;

namespace CleanRoom.Cli.Output;

/// <summary>Runs a command, and turns what goes wrong into one line on standard error and an exit code.</summary>
internal static class Runner
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            var screen = new Screen(args.Contains("--json", StringComparer.Ordinal), Console.Out, Console.Error);
            return screen.Error((int)ClientProblem.Usage, nameof(ClientProblem.Usage), parsed.Errors[0].Message, null, "See cleanroom --help.");
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
    }

    public static void Handle(this Command command, Func<Call, Task<int>> action) => command.SetAction(async (result, token) =>
    {
        var screen = new Screen(result.GetValue(Common.Json), Console.Out, Console.Error);
        try
        {
            return await action(new Call(result, screen, token)).ConfigureAwait(false);
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
            return screen.Error(ExitCodes.Interrupted, "Interrupted", "Interrupted; nothing is lost, run the command again to go on.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return screen.Error((int)ClientProblem.InputOutput, nameof(ClientProblem.InputOutput), "Reading or writing a file failed: check the disk, the free space and your permissions.");
        }
    });

    public static void Handle(this Command command, Func<Call, int> action) => command.Handle(call => Task.FromResult(action(call)));
}
