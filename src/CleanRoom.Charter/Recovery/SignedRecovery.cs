using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Recovery;

/// <summary>Why a recovery does not hold by a charter.</summary>
public enum RecoveryRefusal
{
    /// <summary>It holds.</summary>
    None,

    /// <summary>It was made for another room.</summary>
    OtherRoom,

    /// <summary>It names another charter.</summary>
    OtherCharter,

    /// <summary>A contributor has not signed.</summary>
    SignaturesMissing,

    /// <summary>A signature does not verify, or is nobody's.</summary>
    SignatureInvalid,

    /// <summary>It says for fewer witnesses than a quorum what they cosigned, or for one that the charter does not name.</summary>
    WitnessesMissing,
}

/// <summary>What became of checking a recovery against a charter.</summary>
/// <param name="Refusal">Why it does not hold; None if it does.</param>
/// <param name="Missing">Contributors that have not signed.</param>
/// <param name="Invalid">Members whose signature does not verify.</param>
public sealed record RecoveryVerdict(RecoveryRefusal Refusal, IReadOnlyList<MemberId> Missing, IReadOnlyList<MemberId> Invalid)
{
    /// <summary>Whether it holds.</summary>
    public bool Holds => Refusal == RecoveryRefusal.None;
}

/// <summary>A recovery with the signatures collected so far, as it travels and is filed. Immutable. Parsing verifies no signature.</summary>
public sealed class SignedRecovery
{
    /// <summary>The JWS type of a signature.</summary>
    public const string Type = "cleanroom-recovery+jws";

    /// <summary>Longest canonical form, in bytes.</summary>
    public const int MaxSize = RecoveryStatement.MaxSize + (64 << 10);

    private readonly SortedDictionary<MemberId, string> _signatures;

    private SignedRecovery(RecoveryStatement statement, SortedDictionary<MemberId, string> signatures) => (Statement, _signatures) = (statement, signatures);

    /// <summary>What is signed.</summary>
    public RecoveryStatement Statement { get; }

    /// <summary>Detached JWS by member, not verified.</summary>
    public IReadOnlyDictionary<MemberId, string> Signatures => _signatures;

    /// <summary>Begins to collect signatures.</summary>
    public static SignedRecovery Begin(RecoveryStatement statement) => new(statement, []);

    /// <summary>Adds a contributor's signature, in the place of one by the same member.</summary>
    /// <param name="organisationKey">Its organisation key.</param>
    /// <param name="member">The contributor.</param>
    public SignedRecovery Sign(ISigningKey organisationKey, MemberId member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return new SignedRecovery(
            Statement, new SortedDictionary<MemberId, string>(_signatures) { [member] = Jws.SignDetached(organisationKey, Type, Payload(member)) });
    }

    /// <summary>Takes over the signatures that another copy has and this one lacks.</summary>
    /// <exception cref="ArgumentException">It is another statement.</exception>
    public SignedRecovery Merge(SignedRecovery other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Statement.Hash != Statement.Hash)
        {
            throw new ArgumentException("The other file holds another recovery.", nameof(other));
        }

        var merged = new SortedDictionary<MemberId, string>(_signatures);
        foreach (var (member, detached) in other.Signatures)
        {
            merged.TryAdd(member, detached);
        }

        return new SignedRecovery(Statement, merged);
    }

    /// <summary>Judges the recovery by the newest charter: the signatures of all its contributors, and no other.</summary>
    /// <param name="charter">The newest charter that the judge knows.</param>
    public RecoveryVerdict Check(RoomCharter charter)
    {
        ArgumentNullException.ThrowIfNull(charter);
        var missing = charter.Contributors.Select(contributor => contributor.Id).Where(id => !_signatures.ContainsKey(id)).Order().ToList();
        var invalid = _signatures.Where(pair => charter.Contributor(pair.Key) is not { } signer || !Verify(pair.Value, signer.OrganisationKey, pair.Key))
            .Select(pair => pair.Key).ToList();
        var witnesses = charter.Witnesses;
        var refusal =
            Statement.Room != charter.Room ? RecoveryRefusal.OtherRoom
            : Statement.Charter != charter.Hash ? RecoveryRefusal.OtherCharter
            : invalid.Count > 0 ? RecoveryRefusal.SignatureInvalid
            : missing.Count > 0 ? RecoveryRefusal.SignaturesMissing
            : Statement.Lost.Count < charter.Quorum || Statement.Lost.Any(position => !witnesses.ContainsKey(position.Witness.Value)) ? RecoveryRefusal.WitnessesMissing
            : RecoveryRefusal.None;
        return new RecoveryVerdict(refusal, missing, invalid);
    }

    /// <summary>Writes the canonical form.</summary>
    public byte[] ToBytes() => JsonBuild.Bytes(ToJson());

    /// <summary>Parses the canonical form.</summary>
    /// <param name="canonicalJson">At most <see cref="MaxSize"/> bytes.</param>
    /// <param name="recovery">The recovery.</param>
    /// <param name="error">The first thing that is wrong.</param>
    public static bool TryParse(ReadOnlySpan<byte> canonicalJson, [NotNullWhen(true)] out SignedRecovery? recovery, [NotNullWhen(false)] out CharterError? error)
    {
        recovery = null;
        error = null;
        if (!StrictJson.TryParseCanonical(canonicalJson, out var document, MaxSize))
        {
            error = new CharterError("", "The signed recovery is not canonical JSON (RFC 8785) of at most 96 KiB", "let the cleanroom tool write it");
            return false;
        }

        using (document)
        {
            var problems = new Problems();
            recovery = Read(new JsonFields(document.RootElement, "", problems));
            error = problems.Any ? problems.Errors[0] : null;
            return recovery is not null;
        }
    }

    internal JsonObject ToJson() => new()
    {
        ["recovery"] = Statement.ToJson(),
        ["signatures"] = new JsonObject(_signatures.Select(pair => KeyValuePair.Create(pair.Key.Value, (JsonNode?)pair.Value))),
    };

    /// <summary>Null exactly if a problem was noted.</summary>
    internal static SignedRecovery? Read(JsonFields fields)
    {
        var statement = fields.Object("recovery") is { } body ? RecoveryStatement.Read(body) : null;
        var signatures = new SortedDictionary<MemberId, string>();
        if (fields.Value("signatures") is { } list)
        {
            var path = fields.PathOf("signatures");
            if (list.ValueKind != JsonValueKind.Object || list.GetPropertyCount() > RoomCharter.MaxMembers)
            {
                fields.Problems.Add(path, "is not an object with at most 64 members", "write { member: detached JWS, … }");
            }
            else
            {
                foreach (var signature in list.EnumerateObject())
                {
                    if (!MemberId.TryParse(signature.Name, out var member) || JsonFields.TextOf(signature.Value) is not { Length: <= CharterDecision.MaxLength } detached)
                    {
                        fields.Problems.Add($"{path}.{Problems.Shown(signature.Name)}", "is not a signature", "let the contributor sign again");
                    }
                    else
                    {
                        signatures[member] = detached;
                    }
                }
            }
        }

        fields.End();
        return fields.Problems.Any || statement is null ? null : new SignedRecovery(statement, signatures);
    }

    private bool Verify(string detached, VerifyingKey organisationKey, MemberId member) =>
        Jws.TryParseDetached(detached, Payload(member), out var jws) && jws.Type == Type && jws.Verify(organisationKey);

    private byte[] Payload(MemberId member) => JsonBuild.Bytes(new JsonObject
    {
        ["member"] = member.Value,
        ["recovery"] = Statement.Hash.ToString(),
        ["room"] = Statement.Room.ToString(),
    });
}
