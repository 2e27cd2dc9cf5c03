using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Certificates;

namespace CleanRoom.Evidence.Collateral;

/// <summary>
/// What vendors publish besides the evidence: certificates, revocation lists, TCB info, enclave identities, keys of Azure Attestation. Each piece is recognised by what it
/// holds, never by a name; none is trusted because it is here: an appraisal verifies each against the pinned roots, or, for keys, against the policy's list.
/// </summary>
public sealed class CollateralSet
{
    /// <summary>Most pieces of one sort.</summary>
    public const int MaxPieces = 4096;

    private CollateralSet(
        ImmutableArray<Certificate> certificates, ImmutableArray<RevocationList> lists, ImmutableArray<TcbInfo> infos, ImmutableArray<QuotingEnclaveIdentity> identities, ImmutableArray<NamedKey> keys)
    {
        Certificates = certificates;
        RevocationLists = lists;
        TcbInfos = infos;
        Identities = identities;
        Keys = keys;
    }

    /// <summary>Nothing.</summary>
    public static CollateralSet Empty { get; } = new([], [], [], [], []);

    /// <summary>How many pieces it holds.</summary>
    public int Count => Certificates.Length + RevocationLists.Length + TcbInfos.Length + Identities.Length + Keys.Length;

    internal ImmutableArray<Certificate> Certificates { get; }

    internal ImmutableArray<RevocationList> RevocationLists { get; }

    internal ImmutableArray<TcbInfo> TcbInfos { get; }

    internal ImmutableArray<QuotingEnclaveIdentity> Identities { get; }

    internal ImmutableArray<NamedKey> Keys { get; }

    /// <summary>Reads contents of files. What is no collateral is passed over: a folder may hold anything.</summary>
    /// <param name="contents">One after another; each up to 1 MiB is looked at.</param>
    public static CollateralSet Read(IEnumerable<ReadOnlyMemory<byte>> contents)
    {
        ArgumentNullException.ThrowIfNull(contents);
        var collector = new Collector();
        foreach (var content in contents)
        {
            if (content.Length is > 0 and <= CollateralPieces.MaxContent)
            {
                collector.Add(content.Span);
            }
        }

        return collector.ToSet();
    }

    /// <summary>Both together.</summary>
    internal CollateralSet With(CollateralSet other) => other.Count == 0 ? this : Count == 0 ? other : new(
        Certificates.AddRange(other.Certificates), RevocationLists.AddRange(other.RevocationLists), TcbInfos.AddRange(other.TcbInfos), Identities.AddRange(other.Identities),
        [.. Keys.Union(other.Keys)]);

    /// <summary>What it holds, for people: names, dates, numbers. Nothing in it was verified.</summary>
    public JsonArray Describe() =>
    [
        .. Certificates.Select(certificate => (JsonNode)new JsonObject
        {
            ["certificate"] = certificate.CommonName,
            ["notBefore"] = Day(certificate.NotBefore),
            ["notAfter"] = Day(certificate.NotAfter),
            ["spkiSha256"] = certificate.SpkiHash,
        }),
        .. RevocationLists.Select(list => (JsonNode)new JsonObject
        {
            ["revocationList"] = list.IssuerName,
            ["thisUpdate"] = Day(list.ThisUpdate),
            ["nextUpdate"] = Day(list.NextUpdate),
            ["entries"] = list.Count,
        }),
        .. TcbInfos.Select(info => (JsonNode)new JsonObject
        {
            ["tcbInfo"] = info.Id,
            ["fmspc"] = info.Fmspc,
            ["evaluationDataNumber"] = info.EvaluationNumber,
            ["issueDate"] = Day(info.IssueDate),
            ["nextUpdate"] = Day(info.NextUpdate),
        }),
        .. Identities.Select(identity => (JsonNode)new JsonObject
        {
            ["enclaveIdentity"] = identity.Id,
            ["evaluationDataNumber"] = identity.EvaluationNumber,
            ["issueDate"] = Day(identity.IssueDate),
            ["nextUpdate"] = Day(identity.NextUpdate),
        }),
        .. Keys.Select(key => (JsonNode)new JsonObject { ["key"] = key.Id }),
    ];

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private sealed class Collector
    {
        private readonly Dictionary<string, Certificate> _certificates = new(StringComparer.Ordinal);
        private readonly Dictionary<string, RevocationList> _lists = new(StringComparer.Ordinal);
        private readonly Dictionary<string, TcbInfo> _infos = new(StringComparer.Ordinal);
        private readonly Dictionary<string, QuotingEnclaveIdentity> _identities = new(StringComparer.Ordinal);
        private readonly HashSet<NamedKey> _keys = [];

        public void Add(ReadOnlySpan<byte> content)
        {
            if (content[0] == (byte)'{')
            {
                IntelDocuments.Read(content, AddTcbInfo, AddIdentity, AddText);
                AddKeys(content);
                return;
            }

            AddPieces(content);
        }

        public CollateralSet ToSet() => new([.. _certificates.Values], [.. _lists.Values], [.. _infos.Values], [.. _identities.Values], [.. _keys]);

        private void AddPieces(ReadOnlySpan<byte> content)
        {
            foreach (var piece in CollateralPieces.In(content))
            {
                var key = Convert.ToHexStringLower(SHA256.HashData(piece));
                if (_certificates.Count < MaxPieces && Certificate.TryParse(piece, out var certificate))
                {
                    _ = _certificates.TryAdd(key, certificate);
                }
                else if (_lists.Count < MaxPieces && RevocationList.TryParse(piece, out var list))
                {
                    _ = _lists.TryAdd(key, list);
                }
            }
        }

        private void AddText(string text)
        {
            if (text.StartsWith("-----BEGIN ", StringComparison.Ordinal))
            {
                AddPieces(Encoding.UTF8.GetBytes(text));
            }
            else if (text.StartsWith("30", StringComparison.Ordinal) && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit))
            {
                AddPieces(Convert.FromHexString(text));
            }
        }

        private void AddKeys(ReadOnlySpan<byte> content)
        {
            foreach (var key in NamedKey.In(content))
            {
                if (_keys.Count < MaxPieces)
                {
                    _ = _keys.Add(key);
                }
            }
        }

        private void AddTcbInfo(SignedJson document)
        {
            if (_infos.Count < MaxPieces && TcbInfo.TryParse(document, out var info))
            {
                _ = _infos.TryAdd(document.Hash, info);
            }
        }

        private void AddIdentity(SignedJson document)
        {
            if (_identities.Count < MaxPieces && QuotingEnclaveIdentity.TryParse(document, out var identity))
            {
                _ = _identities.TryAdd(document.Hash, identity);
            }
        }
    }
}
