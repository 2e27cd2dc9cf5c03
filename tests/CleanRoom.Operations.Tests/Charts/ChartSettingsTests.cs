using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using CleanRoom.Attestation;
using CleanRoom.Hosting;
using CleanRoom.Ingestion;
using CleanRoom.Matching;
using CleanRoom.Notification;

namespace CleanRoom.Operations.Tests.Charts;

/// <summary>Charts, compose file and systemd units set what services read, and nothing else: no key that no service knows, no bound that is not the service's.</summary>
public sealed partial class ChartSettingsTests
{
    /// <summary>Variables of the .NET runtime, not of ours.</summary>
    private static readonly string[] Runtime = ["DOTNET_EnableDiagnostics", "DOTNET_gcServer"];

    /// <summary>Options classes by section, as the services bind them.</summary>
    private static readonly Dictionary<string, Type> Sections = new[] { typeof(ServerOptions), typeof(IngestionHost), typeof(NotificationHost), typeof(MatchingHost), typeof(AttestationHost) }
        .SelectMany(type => type.Assembly.GetTypes())
        .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.GetField("SectionName") is { IsLiteral: true })
        .DistinctBy(type => (string)type.GetField("SectionName")!.GetRawConstantValue()!, StringComparer.Ordinal)
        .ToDictionary(type => (string)type.GetField("SectionName")!.GetRawConstantValue()!, StringComparer.Ordinal);

    public static TheoryData<string> Files =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "charts/golden"), "*.yaml")
            .Concat(Directory.Exists(Path.Combine(Repository.Root, "infra")) ? Directory.EnumerateFiles(Path.Combine(Repository.Root, "infra"), "*", SearchOption.AllDirectories) : [])
            .Where(file => Path.GetExtension(file) is ".yaml" or ".service" or ".env")
            .Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Setting_InARenderedFile_IsOneThatAServiceReads(string file)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, file));
        foreach (var name in Variables().Matches(text).Select(match => match.Value).Distinct().Except(Runtime))
        {
            var parts = name.Split("__");
            Assert.True(Sections.TryGetValue(parts[0], out var type), $"{file}: {name}: no service has a section {parts[0]}.");
            Assert.True(type.GetProperty(parts[1]) is not null, $"{file}: {name}: {type.Name} has no {parts[1]}.");
        }

        foreach (var option in Arguments().Matches(text).Select(match => match.Groups[1].Value).Distinct())
        {
            var parts = option.Split(':');
            Assert.True(Sections.TryGetValue(parts[0], out var type) && type.GetProperty(parts[1]) is not null, $"{file}: --{option} is no setting of a service.");
        }
    }

    [Theory]
    [InlineData("cleanroom", "/properties/ingestion/properties/settings", "Ingestion")]
    [InlineData("cleanroom", "/properties/notification/properties/settings", "Notification", "IngestionAddress", "IngestionKey")]
    [InlineData("cleanroom", "/properties/notification/properties/page/properties/settings", "Page", "Address", "Port", "Folder", "CertificateFile", "KeyFile", "Origins", "AddressFile")]
    [InlineData("cleanroom", "/properties/notification/properties/channels/properties/settings", "Channels", "Targets")]
    [InlineData("cleanroom", "/properties/matching/properties/settings", "Matching", "Room", "IngestionAddress", "IngestionKey")]
    [InlineData("cleanroom", "/definitions/server", "Server", "Address", "Port", "DataFolder", "AddressFile", "StopAtEndOfInput")]
    [InlineData("broker", "/properties/settings", "Attestation", "MasterKeyFile", "Owner", "OrganisationKey", "AdminKeys", "IngestionAddress", "AllowSimulated", "CollateralFolder", "CollateralSigners", "Custody", "KeyVault")]
    [InlineData("broker", "/definitions/server", "Server", "Address", "Port", "DataFolder", "AddressFile", "StopAtEndOfInput")]
    public void SettingsOfASchema_AreTheServicesOwnWithTheirBounds(string chart, string place, string section, params string[] setByTheChart)
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, $"charts/{chart}/values.schema.json")));
        var node = place.Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate(schema.RootElement, (element, name) => element.GetProperty(name));
        var properties = node.GetProperty("properties").EnumerateObject().ToDictionary(property => property.Name, property => property.Value, StringComparer.Ordinal);
        var type = Sections[section];
        Assert.Equal(type.GetProperties().Select(property => property.Name).Except(setByTheChart).Order(StringComparer.Ordinal), properties.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, property) in properties)
        {
            if (type.GetProperty(name)!.GetCustomAttribute<RangeAttribute>() is { } range && range.OperandType != typeof(TimeSpan))
            {
                Assert.Equal(Convert.ToInt64(range.Minimum, CultureInfo.InvariantCulture), property.GetProperty("minimum").GetInt64());
                Assert.Equal(Convert.ToInt64(range.Maximum, CultureInfo.InvariantCulture), property.GetProperty("maximum").GetInt64());
            }
        }
    }

    [GeneratedRegex(@"\b[A-Z][A-Za-z]+__[A-Za-z]+(?![A-Za-z])")]
    private static partial Regex Variables();

    [GeneratedRegex(@"--([A-Z][A-Za-z]+:[A-Za-z]+)")]
    private static partial Regex Arguments();
}
