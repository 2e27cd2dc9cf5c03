using System.Diagnostics.CodeAnalysis;
using CleanRoom.Admin.Commands;

namespace CleanRoom.Admin.Showing;

/// <summary><c>health</c>: asks the management ports of services. With the state file of <c>lead</c> a standby is healthy too.</summary>
internal sealed class HealthCommand
{
    public const string Usage = """
        Use: cleanroom-admin health http://HOST:PORT ...                    each with the port of Management:HealthPort; 69 if one does not serve
             cleanroom-admin health http://HOST:PORT --standby-file FILE    0 too while "lead --state FILE" stands by
        """;

    /// <summary>Longer than the longest pause of <c>lead</c> between two looks.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromMinutes(5);

    private readonly Uri[] _addresses;
    private readonly string? _standby;

    private HealthCommand(Uri[] addresses, string? standby) => (_addresses, _standby) = (addresses, standby);

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">What follows <c>health</c>.</param>
    /// <param name="command">The command.</param>
    /// <param name="mistake">What is wrong, in one line.</param>
    public static bool TryParse(string[] arguments, [NotNullWhen(true)] out HealthCommand? command, out string mistake)
    {
        command = null;
        mistake = string.Empty;
        var standby = arguments is [_, "--standby-file", var file] ? file : null;
        var addresses = new List<Uri>();
        foreach (var text in standby is null ? arguments : arguments[..1])
        {
            if (!TryAddress(text, out var address))
            {
                mistake = $"{text} must be an address such as http://127.0.0.1:8081, with the port of Management:HealthPort.";
                return false;
            }

            addresses.Add(address);
        }

        mistake = addresses.Count == 0 ? Usage : string.Empty;
        command = addresses.Count == 0 ? null : new HealthCommand([.. addresses], standby);
        return command is not null;
    }

    public async Task<int> RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        if (_standby is not null)
        {
            var written = new FileInfo(_standby);
            if (!written.Exists || TimeProvider.System.GetUtcNow() - written.LastWriteTimeUtc > Stale)
            {
                await output.WriteLineAsync("lead has not looked at its lease for too long");
                return AdminCommand.Unavailable;
            }

            if (await File.ReadAllTextAsync(_standby, cancellationToken) == Leading.LeadCommand.StandingBy)
            {
                await output.WriteLineAsync("standing by");
                return 0;
            }
        }

        var all = true;
        foreach (var address in _addresses)
        {
            var answer = await HealthProbe.AskAsync(address, cancellationToken);
            all &= answer == ServiceAnswer.Serving;
            await output.WriteLineAsync($"{address.Authority} {Words(answer)}");
        }

        return all ? 0 : AdminCommand.Unavailable;
    }

    /// <summary>Reads the address of a management port.</summary>
    public static bool TryAddress(string text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address) && address.Scheme == Uri.UriSchemeHttp && address.UserInfo.Length == 0;

    /// <summary>An answer for people.</summary>
    public static string Words(ServiceAnswer answer) => answer switch
    {
        ServiceAnswer.Serving => "serving",
        ServiceAnswer.NotServing => "not serving",
        _ => "does not answer",
    };
}
