using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace CleanRoom.Evidence.Collateral;

/// <summary>Identity of Intel's quoting enclave (PCS API v4, version 2 of the document).</summary>
internal sealed class QuotingEnclaveIdentity
{
    private const int DocumentVersion = 2;

    private QuotingEnclaveIdentity(SignedJson document, JsonElement body)
    {
        Document = document;
        Id = IntelJson.Text(body, "id");
        if (Id is not ("QE" or "TD_QE") || IntelJson.Number(body, "version") != DocumentVersion)
        {
            throw IntelJson.Unusable("id or version");
        }

        IssueDate = IntelJson.Time(body, "issueDate");
        NextUpdate = IntelJson.Time(body, "nextUpdate");
        EvaluationNumber = IntelJson.Number(body, "tcbEvaluationDataNumber");
        MiscSelect = Reversed(IntelJson.Hex(body, "miscselect", 4));
        MiscSelectMask = Reversed(IntelJson.Hex(body, "miscselectMask", 4));
        Attributes = IntelJson.Hex(body, "attributes", 16);
        AttributesMask = IntelJson.Hex(body, "attributesMask", 16);
        Signer = IntelJson.Hex(body, "mrsigner", 32);
        ProductId = IntelJson.Number(body, "isvprodid");
        Levels = EnclaveTcbLevel.ReadAll(body);
    }

    /// <summary>The signed document.</summary>
    public SignedJson Document { get; }

    /// <summary><c>QE</c> (SGX) or <c>TD_QE</c> (TDX).</summary>
    public string Id { get; }

    /// <summary>When it was issued.</summary>
    public DateTimeOffset IssueDate { get; }

    /// <summary>When the next one is due.</summary>
    public DateTimeOffset NextUpdate { get; }

    /// <summary>Number of the TCB recovery that it knows of.</summary>
    public int EvaluationNumber { get; }

    /// <summary>MISCSELECT under its mask, in the byte order of a report.</summary>
    public byte[] MiscSelect { get; }

    /// <summary>Which bits of MISCSELECT count.</summary>
    public byte[] MiscSelectMask { get; }

    /// <summary>ATTRIBUTES under their mask; the mask covers the quoting enclave's own debug bit.</summary>
    public byte[] Attributes { get; }

    /// <summary>Which bits of ATTRIBUTES count.</summary>
    public byte[] AttributesMask { get; }

    /// <summary>MRSIGNER.</summary>
    public byte[] Signer { get; }

    /// <summary>ISVPRODID.</summary>
    public int ProductId { get; }

    /// <summary>TCB levels, highest first.</summary>
    public ImmutableArray<EnclaveTcbLevel> Levels { get; }

    /// <summary>Reads a document; its signature is not judged.</summary>
    public static bool TryParse(SignedJson document, [NotNullWhen(true)] out QuotingEnclaveIdentity? identity)
    {
        identity = null;
        using var json = document.Open();
        try
        {
            identity = json is null ? null : new QuotingEnclaveIdentity(document, json.RootElement);
        }
        catch (FormatException)
        {
            return false;
        }

        return identity is not null;
    }

    // Intel writes the 32 bits as a number, most significant digit first.
    private static byte[] Reversed(byte[] bytes)
    {
        Array.Reverse(bytes);
        return bytes;
    }
}
