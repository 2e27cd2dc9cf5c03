using System.Text.Json.Nodes;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Hosting.Startup;

namespace CleanRoom.Matching.Evidence;

/// <summary>How this enclave proves itself: hardware that is found by probing or named by a setting. A measured build knows nothing else.</summary>
internal static partial class EvidenceSetup
{
    /// <summary>The setting that asks for probing.</summary>
    public const string Auto = "auto";

    /// <summary>What the setting can be in this build.</summary>
    public static string Choices => string.Join(", ", [Auto, .. EvidencePlatforms.Names, .. Simulated is { } name ? [name] : Array.Empty<string>()]);

    private static string? Simulated
    {
        get
        {
            string? name = null;
            NameSimulated(ref name);
            return name;
        }
    }

    /// <summary>Opens the provider.</summary>
    /// <exception cref="StartupException">The setting is unknown, or the machine lacks what it names.</exception>
    public static IEvidenceProvider Open(string setting, EvidencePlatforms platforms, ILogger logger)
    {
        IEvidenceProvider? simulated = null;
        try
        {
            if (setting == Auto)
            {
                return Wait(platforms.OpenFirstAsync(CancellationToken.None));
            }

            if (EvidencePlatforms.Names.Contains(setting))
            {
                return Wait(platforms.OpenAsync(setting, CancellationToken.None));
            }
        }
        catch (EvidenceUnavailableException exception)
        {
            if (setting == Auto)
            {
                OpenSimulated(ref simulated);
            }

            if (simulated is null)
            {
                throw new StartupException(ExitCode.DependencyUnavailable, exception.Message, exception);
            }

            Log.NoHardware(logger);
            return simulated;
        }

        if (setting == Simulated)
        {
            OpenSimulated(ref simulated);
        }

        return simulated ?? throw new StartupException(ExitCode.BadOption, $"Matching:Evidence must be one of {Choices}.");
    }

    /// <summary>What a charter must know of this program: nothing in a measured build, whose values stand in its evidence (<c>cleanroom evidence collect</c>).</summary>
    public static void Describe(JsonObject line) => DescribeSimulated(line);

    /// <summary>Names the provider that simulates hardware; a measured build leaves the file out that implements this.</summary>
    static partial void NameSimulated(ref string? name);

    /// <summary>Opens it.</summary>
    static partial void OpenSimulated(ref IEvidenceProvider? provider);

    /// <summary>Adds what it claims to be.</summary>
    static partial void DescribeSimulated(JsonObject line);

    // Probing asks local files and a local port, once, before the service begins.
    private static IEvidenceProvider Wait(Task<IEvidenceProvider> opening) => opening.GetAwaiter().GetResult();
}
