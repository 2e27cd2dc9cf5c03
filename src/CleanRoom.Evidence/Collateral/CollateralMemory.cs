using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Collateral;

/// <summary>
/// The newest collateral that was ever seen, as numbers that only rise: tcbEvaluationDataNumber of Intel's documents, thisUpdate of revocation lists, numbers of packs. Each piece
/// of old collateral is genuine on its own; only who remembers notices that somebody shows yesterday's. Immutable.
/// </summary>
public sealed class CollateralMemory
{
    /// <summary>Most numbers that are kept; what is met first stays.</summary>
    public const int MaxEntries = 4096;

    /// <summary>Longest file: 1 MiB.</summary>
    public const int MaxSize = 1 << 20;

    private const string Format = "cleanroom/collateral-memory/v1";

    private readonly ImmutableSortedDictionary<string, long> _highest;

    private CollateralMemory(ImmutableSortedDictionary<string, long> highest) => _highest = highest;

    /// <summary>Nothing seen yet.</summary>
    public static CollateralMemory Empty { get; } = new(ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal));

    /// <summary>How many numbers it holds.</summary>
    public int Count => _highest.Count;

    /// <summary>Reads what <see cref="ToJson"/> wrote: exactly, or false.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out CollateralMemory? memory)
    {
        memory = null;
        if (!StrictJson.TryParseCanonical(json, out var document, MaxSize))
        {
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || root.EnumerateObject().Count() != 2 || !root.TryGetMember("format", out var format)
                || format.ValueKind != JsonValueKind.String || format.GetString() != Format || !root.TryGetMember("highest", out var highest)
                || highest.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            var values = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
            foreach (var member in highest.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt64(out var number) || number < 0 || values.Count == MaxEntries)
                {
                    return false;
                }

                values.Add(member.Name, number);
            }

            memory = new CollateralMemory(values.ToImmutable());
            return true;
        }
    }

    /// <summary>The memory as canonical JSON.</summary>
    public byte[] ToJson()
    {
        var highest = new JsonObject();
        foreach (var (name, number) in _highest)
        {
            highest[name] = number;
        }

        return CanonicalJson.Canonicalize(new JsonObject { ["format"] = Format, ["highest"] = highest });
    }

    /// <summary>The memory after collateral was seen; the same object if it has nothing newer. Only what the vendors signed counts.</summary>
    /// <param name="set">What was seen.</param>
    /// <param name="time">Now: documents from the future do not count.</param>
    public CollateralMemory After(CollateralSet set, DateTimeOffset time) => After(set, time, TrustAnchors.Vendors);

    /// <summary>The memory after a pack was seen.</summary>
    public CollateralMemory After(CollateralPack pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        return Raised([KeyValuePair.Create(PackName(pack.Signer), pack.Number)]);
    }

    /// <summary>Tells whether a newer pack by the same signer was seen.</summary>
    public bool IsOlder(CollateralPack pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        return pack.Number < Highest(PackName(pack.Signer));
    }

    /// <summary>Tells whether it knows something newer of what the other knows too.</summary>
    public bool Exceeds(CollateralMemory other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other._highest.Any(item => Highest(item.Key) > item.Value);
    }

    internal CollateralMemory After(CollateralSet set, DateTimeOffset time, TrustAnchors anchors)
    {
        ArgumentNullException.ThrowIfNull(set);
        var roots = set.Certificates.Where(certificate => certificate.SpkiHash == anchors.Intel).ToList();
        var signers = set.Certificates.Where(certificate => certificate.CommonName == IntelCollateral.SignerName && roots.Exists(certificate.IsIssuedBy)).ToList();
        var seen = set.TcbInfos.Where(info => info.IssueDate <= time && signers.Exists(info.Document.IsSignedBy)).Select(info => KeyValuePair.Create(NameOf(info), (long)info.EvaluationNumber))
            .Concat(set.Identities.Where(identity => identity.IssueDate <= time && signers.Exists(identity.Document.IsSignedBy))
                .Select(identity => KeyValuePair.Create(NameOf(identity), (long)identity.EvaluationNumber)));

        // Under whose key a list is remembered is part of the name, so a list by nobody concerns nobody.
        var lists = set.RevocationLists.Where(list => list.ThisUpdate <= time).SelectMany(list => set.Certificates.Where(list.IsIssuedBy)
            .Select(authority => KeyValuePair.Create(NameOf(authority), list.ThisUpdate.ToUnixTimeSeconds())));
        return Raised(seen.Concat(lists));
    }

    internal int LeastEvaluation(TcbInfo info) => (int)Math.Min(int.MaxValue, Highest(NameOf(info)));

    internal int LeastEvaluation(QuotingEnclaveIdentity identity) => (int)Math.Min(int.MaxValue, Highest(NameOf(identity)));

    internal DateTimeOffset LeastUpdate(Certificate authority) =>
        Highest(NameOf(authority)) is var seconds && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.MaxValue;

    private static string NameOf(TcbInfo info) => $"tcb:{info.Id}:{info.Fmspc}:{info.PceId}";

    private static string NameOf(QuotingEnclaveIdentity identity) => $"identity:{identity.Id}";

    private static string NameOf(Certificate authority) => $"list:{authority.SpkiHash}";

    private static string PackName(KeyId signer) => string.Create(CultureInfo.InvariantCulture, $"pack:{signer}");

    private long Highest(string name) => _highest.GetValueOrDefault(name);

    private CollateralMemory Raised(IEnumerable<KeyValuePair<string, long>> seen)
    {
        var highest = _highest.ToBuilder();
        var changed = false;
        foreach (var (name, number) in seen)
        {
            if (number > highest.GetValueOrDefault(name) && (highest.ContainsKey(name) || highest.Count < MaxEntries))
            {
                highest[name] = number;
                changed = true;
            }
        }

        return changed ? new CollateralMemory(highest.ToImmutable()) : this;
    }
}
