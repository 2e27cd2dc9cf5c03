using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>A charter version with the approvals collected so far, as it travels and is filed. Immutable. Parsing verifies no approval.</summary>
public sealed class SignedCharter
{
    /// <summary>Longest canonical form, in bytes.</summary>
    public const int MaxSize = RoomCharter.MaxSize + (64 << 10);

    private readonly SortedDictionary<MemberId, string> _approvals;

    private SignedCharter(RoomCharter charter, SortedDictionary<MemberId, string> approvals)
    {
        Charter = charter;
        _approvals = approvals;
    }

    /// <summary>The version.</summary>
    public RoomCharter Charter { get; }

    /// <summary>Detached JWS by member, not verified.</summary>
    public IReadOnlyDictionary<MemberId, string> Approvals => _approvals;

    /// <summary>Begins to collect approvals.</summary>
    public static SignedCharter Begin(RoomCharter charter) => new(charter, []);

    /// <summary>Adds a member's approval.</summary>
    /// <param name="organisationKey">Its organisation key.</param>
    /// <param name="member">The member.</param>
    /// <exception cref="ArgumentException">The charter lists the member with another key.</exception>
    public SignedCharter Approve(ISigningKey organisationKey, MemberId member)
    {
        if (Charter.TryFind(member, out var listed) && !listed.OrganisationKey.Equals(organisationKey.PublicKey))
        {
            throw new ArgumentException("The charter lists another organisation key for this member.", nameof(organisationKey));
        }

        return With(member, CharterDecision.Sign(organisationKey, Charter, member, Decision.Approve));
    }

    /// <summary>Adds an approval that was made elsewhere, in the place of one by the same member. <see cref="Check"/> verifies it.</summary>
    public SignedCharter With(MemberId member, string detached)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(detached.Length, CharterDecision.MaxLength, nameof(detached));
        return new SignedCharter(Charter, new SortedDictionary<MemberId, string>(_approvals) { [member] = detached });
    }

    /// <summary>Takes over the approvals that another copy of the same version has and this one lacks.</summary>
    /// <exception cref="ArgumentException">It is another version.</exception>
    public SignedCharter Merge(SignedCharter other)
    {
        if (!other.Charter.Hash.Equals(Charter.Hash))
        {
            throw new ArgumentException("The other file holds another charter.", nameof(other));
        }

        var merged = new SortedDictionary<MemberId, string>(_approvals);
        foreach (var (member, detached) in other.Approvals)
        {
            merged.TryAdd(member, detached);
        }

        return new SignedCharter(Charter, merged);
    }

    /// <summary>Judges the version against the one in force and the approvals it carries.</summary>
    /// <param name="parent">The version in force; null for version 1.</param>
    /// <param name="vetoedBy">Members whose veto of this version is in the log.</param>
    public CharterVerdict Check(RoomCharter? parent, IReadOnlySet<MemberId>? vetoedBy = null) => CharterChain.Check(this, parent, vetoedBy ?? new HashSet<MemberId>());

    /// <summary>Writes the canonical form.</summary>
    public byte[] ToBytes() => JsonBuild.Bytes(ToJson());

    /// <summary>Parses the canonical form.</summary>
    /// <param name="canonicalJson">At most <see cref="MaxSize"/> bytes.</param>
    /// <param name="signedCharter">The signed charter.</param>
    /// <param name="errors">Everything that is wrong.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> canonicalJson, [NotNullWhen(true)] out SignedCharter? signedCharter, out IReadOnlyList<CharterError> errors)
    {
        signedCharter = null;
        if (!StrictJson.TryParseCanonical(canonicalJson, out var document, MaxSize))
        {
            errors = [new CharterError("", "The signed charter is not canonical JSON (RFC 8785) of at most 192 KiB", "let the cleanroom tool write it")];
            return false;
        }

        using (document)
        {
            var problems = new Problems();
            signedCharter = Read(new JsonFields(document.RootElement, "", problems), problems, out errors);
            return signedCharter is not null;
        }
    }

    internal JsonObject ToJson() => new()
    {
        ["approvals"] = new JsonObject(_approvals.Select(pair => KeyValuePair.Create(pair.Key.Value, (JsonNode?)pair.Value))),
        ["charter"] = JsonNode.Parse(Charter.CanonicalBytes.Span),
    };

    internal static SignedCharter? Read(JsonFields fields, Problems problems, out IReadOnlyList<CharterError> errors)
    {
        var approvals = new SortedDictionary<MemberId, string>();
        if (fields.Value("approvals") is { } list)
        {
            var path = fields.PathOf("approvals");
            if (list.ValueKind != JsonValueKind.Object || list.GetPropertyCount() > RoomCharter.MaxMembers)
            {
                problems.Add(path, "is not an object with at most 64 members", "write { member: detached JWS, … }");
            }
            else
            {
                foreach (var approval in list.EnumerateObject())
                {
                    if (!MemberId.TryParse(approval.Name, out var member) || JsonFields.TextOf(approval.Value) is not { Length: <= CharterDecision.MaxLength } detached)
                    {
                        problems.Add($"{path}.{Problems.Shown(approval.Name)}", "is not an approval", "let the member sign again");
                    }
                    else
                    {
                        approvals[member] = detached;
                    }
                }
            }
        }

        RoomCharter? charter = null;
        IReadOnlyList<CharterError> charterErrors = [];
        if (fields.Value("charter") is { } body)
        {
            // The enclosing document is canonical, so the part is too.
            _ = RoomCharter.TryParse(System.Text.Encoding.UTF8.GetBytes(body.GetRawText()), out charter, out charterErrors);
        }

        fields.End();
        errors = [.. problems.Errors, .. charterErrors];
        return charter is null || problems.Any ? null : new SignedCharter(charter, approvals);
    }
}
