using System.ComponentModel;
using System.Diagnostics;
using CleanRoom.Evidence.Azure;

namespace CleanRoom.Client.Keys.Vaults;

/// <summary>
/// Whoever did <c>az login</c> on this machine: a person in her browser, a service principal by certificate, a workload's federated token. Azure's own command line knows them all and keeps what they need; a
/// token comes from it over a pipe. What it says about a sign-in that is missing or has ended goes to the terminal.
/// </summary>
internal sealed class AzureCommandLine : IAccessTokens
{
    private const int MaxToken = 16 << 10;
    private const int UnixMissing = 127;
    private const int WindowsMissing = 9009;

    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public async ValueTask<string> GetAsync(string resource, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestRun);
        using var process = Start(resource);
        try
        {
            process.StandardInput.Close();
            var text = new char[MaxToken + 1];
            var length = await process.StandardOutput.ReadBlockAsync(text.AsMemory(), limit.Token).ConfigureAwait(false);
            if (length <= MaxToken)
            {
                await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
                return Read(process.ExitCode, text.AsSpan(0, length).TrimEnd("\r\n"), resource);
            }

            throw NoToken();
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ClientException(ClientProblem.Unavailable, "Azure's command line did not answer in a minute: run \"az account get-access-token\" and see what it waits for.", exception);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Read(int code, ReadOnlySpan<char> text, string resource) => code switch
    {
        0 => IsToken(text) ? text.ToString() : throw NoToken(),
        UnixMissing or WindowsMissing => throw Missing(null),
        _ => throw new ClientException(ClientProblem.NotPermitted, $"Azure's command line gives no access token for {resource}: run \"az login\" (with --tenant if the vault belongs to another one), then try again."),
    };

    // RFC 6750 §2.1. What else a program of that name writes goes into no header.
    private static bool IsToken(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_' or '~' or '+' or '/' or '='))
            {
                return false;
            }
        }

        return text.Length > 0;
    }

    /// <summary>
    /// Found by the path of programs, and started in a folder where only administrators write: the shell of Windows looks into the current folder first, and az is a Python module, which takes its parts from there.
    /// A charter that somebody sent may lie in a folder with an "az" of its own.
    /// </summary>
    private static Process Start(string resource)
    {
        string[] arguments = ["account", "get-access-token", "--resource", resource, "--query", "accessToken", "--output", "tsv", "--only-show-errors"];
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo(Path.Combine(Environment.SystemDirectory, "cmd.exe"), ["/d", "/c", "az", .. arguments]) { WorkingDirectory = Environment.SystemDirectory }
            : new ProcessStartInfo("/usr/bin/env", ["az", .. arguments]) { WorkingDirectory = "/" };
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        try
        {
            return Process.Start(start) ?? throw Missing(null);
        }
        catch (Win32Exception exception)
        {
            throw Missing(exception);
        }
    }

    private static ClientException Missing(Exception? cause) => new(
        ClientProblem.Configuration, "Azure's command line \"az\", which signs in to the vault, is not installed: install it and run \"az login\"; on a machine of Azure, add ?sign-in=managed-identity to the key's address.", cause);

    private static ClientException NoToken() => new(ClientProblem.BadData, "The program \"az\" gave something that is no access token: check that it is Azure's command line.");
}
