using System.Globalization;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;

namespace CleanRoom.Client.Logs;

/// <summary>How much of a kind of thing happened in a quarter of room time.</summary>
/// <param name="Kind">What: a word of <see cref="TransparencyReport.Kinds"/>.</param>
/// <param name="Count">How often: a number, or for what concerns persons one of the bands 1, 2, 3-5, 6-10, 11+.</param>
public sealed record ReportedCount(string Kind, string Count);

/// <summary>A quarter.</summary>
/// <param name="Name">Such as 2026-Q4; empty for entries that no cosigned checkpoint covers.</param>
/// <param name="Counts">What happened, in the order of <see cref="TransparencyReport.Kinds"/>; what did not is left out.</param>
public sealed record ReportedQuarter(string Name, IReadOnlyList<ReportedCount> Counts);

/// <summary>
/// How a room was run, from its verified log alone (DATA.md §4.4, G13): no person, no organisation's volume, nothing of a record. A member's own view: what it may see as hashes only is counted as such.
/// </summary>
public static class TransparencyReport
{
    private static readonly (string Kind, bool OfPersons, Func<Entry, int> Count)[] Rules =
    [
        ("charter versions", false, entry => entry is CharterEntry ? 1 : 0),
        ("vetoes", false, entry => entry is VetoEntry ? 1 : 0),
        ("recoveries after a loss", false, entry => entry is RecoveryEntry ? 1 : 0),
        ("enclave instances", false, entry => entry is InstanceEntry ? 1 : 0),
        ("releases of keys", false, entry => entry is ReleaseEntry ? 1 : 0),
        ("freezes", false, entry => entry is FreezeEntry { Frozen: true } ? 1 : 0),
        ("record keys destroyed", false, entry => entry is ErasureEntry ? 1 : 0),
        ("epochs", false, entry => entry is EpochEntry ? 1 : 0),
        ("epochs with queries", false, entry => entry is EpochEntry { Evaluated: true } ? 1 : 0),
        ("messages declared void", false, entry => entry is EpochEntry epoch ? epoch.Void.Count : 0),
        ("records withdrawn", true, entry => entry is TombstoneEntry tombstone ? tombstone.Records.Count : 0),
        ("consents changed", true, entry => entry is ActEntry { Kind: ActKind.Consent } ? 1 : 0),
        ("answers to review items", true, entry => entry is ActEntry { Kind: ActKind.Answer } ? 1 : 0),
        ("requests for facts signed", true, entry => entry is ActEntry { Kind: ActKind.Request } ? 1 : 0),
        ("watches and searches signed", true, entry => entry is ActEntry { Kind: ActKind.Watch } ? 1 : 0),
        ("decisions on requests signed", true, entry => entry is ActEntry { Kind: ActKind.Decision } ? 1 : 0),
        ("disclosures", true, entry => entry is EpochEntry epoch ? epoch.Disclosed.Count : 0),
        ("offered facts signed", true, entry => entry is ActEntry { Kind: ActKind.Facts } ? 1 : 0),
        ("facts given by a rule alone", true, entry => entry is EpochEntry epoch ? epoch.Automatic.Count : 0),
        ("emergencies signed", true, entry => entry is ActEntry { Kind: ActKind.Emergency } ? 1 : 0),
        ("emergencies answered", true, entry => entry is EpochEntry epoch ? epoch.Emergencies.Count : 0),
        ("overrides of consent signed", true, entry => entry is ActEntry { Kind: ActKind.Override } ? 1 : 0),
        ("overrides of consent ended early", true, entry => entry is ActEntry { Kind: ActKind.Lift } ? 1 : 0),
        ("outcomes reported", true, entry => entry is ActEntry { Kind: ActKind.Outcome } ? 1 : 0),
    ];

    /// <summary>Entries that have no effect.</summary>
    public const string WithoutEffect = "entries without effect";

    /// <summary>Entries of which this member may see the hash only.</summary>
    public const string Unseen = "entries visible as hashes only";

    /// <summary>Everything that is counted, in order.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Rules.Select(static rule => rule.Kind), WithoutEffect, Unseen];

    /// <summary>Counts.</summary>
    /// <param name="findings">A log that verifies; of one that does not, nothing is reported.</param>
    /// <returns>Quarters in order.</returns>
    /// <exception cref="ArgumentException">The log does not verify.</exception>
    public static IReadOnlyList<ReportedQuarter> Of(LogFindings findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        if (!findings.Verified)
        {
            throw new ArgumentException("A log that does not verify says nothing.", nameof(findings));
        }

        return
        [
            .. from line in findings.Lines
               group line by QuarterOf(line.RoomTime) into quarter
               orderby quarter.Key
               select new ReportedQuarter(quarter.Key, [.. Counts([.. quarter])]),
        ];
    }

    private static IEnumerable<ReportedCount> Counts(IReadOnlyList<LogLine> lines)
    {
        var accepted = lines.Where(static line => line.Effect == EntryEffect.Accepted).Select(static line => line.Entry).OfType<Entry>().ToList();
        foreach (var (kind, ofPersons, count) in Rules)
        {
            if (accepted.Sum(count) is var number and > 0)
            {
                yield return new ReportedCount(kind, ofPersons ? CountBand.Of(number) : Write(number));
            }
        }

        foreach (var (kind, effect) in new[] { (WithoutEffect, EntryEffect.Ignored), (Unseen, EntryEffect.Unseen) })
        {
            if (lines.Count(line => line.Effect == effect) is var number and > 0)
            {
                yield return new ReportedCount(kind, Write(number));
            }
        }
    }

    private static string QuarterOf(DateTimeOffset? time) => time is { } at ? BudgetPeriod.QuarterOf(at) : "";

    private static string Write(int number) => number.ToString(CultureInfo.InvariantCulture);
}
