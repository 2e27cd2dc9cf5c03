using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace CleanRoom.Evidence.Collateral;

/// <summary>Which TDX module Intel's data speak of.</summary>
/// <param name="Id"><c>TDX_01</c> and so on; empty for the module of the first kind.</param>
/// <param name="Signer">MRSIGNERSEAM, 48 bytes.</param>
/// <param name="Attributes">SEAMATTRIBUTES under the mask, 8 bytes.</param>
/// <param name="Mask">Which bits of them count.</param>
/// <param name="Levels">Its TCB levels.</param>
internal sealed record TdxModuleIdentity(string Id, byte[] Signer, byte[] Attributes, byte[] Mask, ImmutableArray<EnclaveTcbLevel> Levels)
{
    public static TdxModuleIdentity Read(JsonElement module, bool named) => new(
        named ? IntelJson.Text(module, "id") : "",
        IntelJson.Hex(module, "mrsigner", 48),
        IntelJson.Hex(module, "attributes", 8),
        IntelJson.Hex(module, "attributesMask", 8),
        named ? EnclaveTcbLevel.ReadAll(module) : []);
}

/// <summary>TCB info of Intel's provisioning service (PCS API v4, version 3 of the document): which security versions of a platform have which status.</summary>
internal sealed class TcbInfo
{
    private const int DocumentVersion = 3;
    private const int MaxLevels = 256;
    private const int MaxModules = 64;

    private TcbInfo(SignedJson document, JsonElement body)
    {
        Document = document;
        Id = IntelJson.Text(body, "id");
        if (Id is not ("SGX" or "TDX") || IntelJson.Number(body, "version") != DocumentVersion || IntelJson.Number(body, "tcbType") != 0)
        {
            throw IntelJson.Unusable("id, version or tcbType");
        }

        IssueDate = IntelJson.Time(body, "issueDate");
        NextUpdate = IntelJson.Time(body, "nextUpdate");
        Fmspc = Convert.ToHexStringLower(IntelJson.Hex(body, "fmspc", 6));
        PceId = Convert.ToHexStringLower(IntelJson.Hex(body, "pceId", 2));
        EvaluationNumber = IntelJson.Number(body, "tcbEvaluationDataNumber");
        Levels = [.. IntelJson.List(body, "tcbLevels", MaxLevels).Select(level => PlatformTcbLevel.Read(level, Id == "TDX"))];
        if (Id == "TDX")
        {
            Module = TdxModuleIdentity.Read(IntelJson.Object(body, "tdxModule"), named: false);
            Modules = body.TryGetMember("tdxModuleIdentities", out _)
                ? [.. IntelJson.List(body, "tdxModuleIdentities", MaxModules).Select(module => TdxModuleIdentity.Read(module, named: true))]
                : [];
        }
    }

    /// <summary>The signed document.</summary>
    public SignedJson Document { get; }

    /// <summary><c>SGX</c> or <c>TDX</c>.</summary>
    public string Id { get; }

    /// <summary>When it was issued.</summary>
    public DateTimeOffset IssueDate { get; }

    /// <summary>When the next one is due.</summary>
    public DateTimeOffset NextUpdate { get; }

    /// <summary>For which series of platforms.</summary>
    public string Fmspc { get; }

    /// <summary>For which provisioning enclave.</summary>
    public string PceId { get; }

    /// <summary>Number of the TCB recovery that it knows of; never goes back.</summary>
    public int EvaluationNumber { get; }

    /// <summary>Levels, highest first.</summary>
    public ImmutableArray<PlatformTcbLevel> Levels { get; }

    /// <summary>The TDX module of the first kind; null for SGX.</summary>
    public TdxModuleIdentity? Module { get; }

    /// <summary>Later TDX modules.</summary>
    public ImmutableArray<TdxModuleIdentity> Modules { get; } = [];

    /// <summary>Reads a document; its signature is not judged.</summary>
    public static bool TryParse(SignedJson document, [NotNullWhen(true)] out TcbInfo? info)
    {
        info = null;
        using var json = document.Open();
        try
        {
            info = json is null ? null : new TcbInfo(document, json.RootElement);
        }
        catch (FormatException)
        {
            return false;
        }

        return info is not null;
    }
}
