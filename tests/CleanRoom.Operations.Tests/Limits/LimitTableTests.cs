using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using CleanRoom.Attestation;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Ingestion;
using CleanRoom.Matching;
using CleanRoom.Notification;
using CleanRoom.Transport;

namespace CleanRoom.Operations.Tests.Limits;

/// <summary>docs/operators/limits.md says what the code does: every value, every reason with its status, and no setting is missing.</summary>
public sealed partial class LimitTableTests
{
    private static readonly Assembly[] Assemblies =
    [
        typeof(ServerOptions).Assembly, typeof(IngestionHost).Assembly, typeof(NotificationHost).Assembly, typeof(MatchingHost).Assembly, typeof(AttestationHost).Assembly,
        typeof(RoomCharter).Assembly, typeof(Digest).Assembly, typeof(RpcErrors).Assembly,
    ];

    private static readonly Dictionary<string, Type> Sections = Assemblies.SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.GetField("SectionName") is { IsLiteral: true })
        .DistinctBy(type => (string)type.GetField("SectionName")!.GetRawConstantValue()!, StringComparer.Ordinal)
        .ToDictionary(type => (string)type.GetField("SectionName")!.GetRawConstantValue()!, StringComparer.Ordinal);

    /// <summary>Settings with bounds that limit no caller: ports, pauses of our own, what operators observe.</summary>
    private static readonly string[] NoLimits =
    [
        "Attestation:ClockSkew", "Channels:FirstPause", "Channels:Gather", "Channels:LongestPause", "Channels:RemindAfter", "Channels:Reminders", "Ingestion:LongestPause",
        "Ingestion:RefreshTimeAfter", "Ingestion:UnreadyAfter", "Management:HealthPort", "Management:MetricsPort", "Matching:AskAgain", "Matching:LongestPause", "Notification:RecheckKey",
        "Page:Port", "Server:Port", "Store:MaximumConnections", "Telemetry:MetricsInterval", "Telemetry:SampleRatio",
    ];

    public static TheoryData<string, string, string, string> Rows =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "docs/operators/limits.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && line.Contains('`', StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (cells[0], cells[1], cells[2].Trim('`'), cells[3])),
    ];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_HasTheValueOfTheCode(string what, string value, string name, string answer)
    {
        var actual = name.Contains(':', StringComparison.Ordinal) ? Default(name) : Constant(name);
        Assert.True(Parse(value) == Number(actual), $"{what}: the table says {value}, {name} is {actual}.");
        foreach (Match match in Answers().Matches(answer))
        {
            Assert.True(Enum.TryParse<ErrorReason>(match.Groups[2].Value, out var reason), $"{what}: there is no reason {match.Groups[2].Value}.");
            Assert.Equal(match.Groups[1].Value.Replace("_", "", StringComparison.Ordinal), RpcErrors.StatusCodeOf(reason).ToString(), ignoreCase: true);
        }
    }

    [Fact]
    public void Setting_WithBounds_StandsInTheTable()
    {
        var known = Rows.Select(row => row.Data.Item3).ToHashSet(StringComparer.Ordinal);
        var settings = Sections.SelectMany(section => section.Value.GetProperties()
            .Where(property => property.GetCustomAttribute<RangeAttribute>() is not null).Select(property => $"{section.Key}:{property.Name}")).ToList();

        Assert.Equal([], settings.Where(setting => !known.Contains(setting) && !NoLimits.Contains(setting)));
        Assert.Equal([], NoLimits.Where(setting => !settings.Contains(setting)));
        Assert.True(known.Count > 50);
    }

    private static object Default(string setting)
    {
        var parts = setting.Split(':');
        var type = Sections[parts[0]];
        return type.GetProperty(parts[1])!.GetValue(Activator.CreateInstance(type))!;
    }

    private static object Constant(string name)
    {
        var at = name.LastIndexOf('.');
        var type = Assemblies.Select(assembly => assembly.GetType(name[..at])).Single(type => type is not null)!;
        return type.GetField(name[(at + 1)..], BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!.GetValue(null)!;
    }

    private static decimal Number(object value) => value is TimeSpan time ? (decimal)time.TotalSeconds : Convert.ToDecimal(value, CultureInfo.InvariantCulture);

    private static decimal Parse(string text)
    {
        var match = Values().Match(text);
        Assert.True(match.Success, $"{text} is no value.");
        return decimal.Parse(match.Groups[1].Value, NumberStyles.Number, CultureInfo.InvariantCulture) * match.Groups[2].Value switch
        {
            "" or "second" or "seconds" => 1,
            "minute" or "minutes" => 60,
            "hour" or "hours" => 3_600,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            var unit => throw new InvalidOperationException($"There is no unit {unit}."),
        };
    }

    [GeneratedRegex(@"^([0-9][0-9,]*)(?: ([A-Za-z]+))?$")]
    private static partial Regex Values();

    [GeneratedRegex(@"\b([A-Z]+_[A-Z_]+|UNAVAILABLE) `([A-Za-z]+)`")]
    private static partial Regex Answers();
}
