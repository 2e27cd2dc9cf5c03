using System.Collections.Immutable;
using System.Text.Json;

namespace CleanRoom.Evidence.Collateral;

/// <summary>What Intel says of one TCB level.</summary>
/// <param name="Status">The status.</param>
/// <param name="Date">Up to which date's advisories it is covered.</param>
/// <param name="Advisories">Advisories that are open, such as INTEL-SA-00615.</param>
internal sealed record TcbVerdict(TcbStatus Status, DateTimeOffset Date, ImmutableSortedSet<string> Advisories)
{
    private const int MaxAdvisories = 256;

    /// <summary>Reads status, date and advisories of a level.</summary>
    public static TcbVerdict Read(JsonElement level)
    {
        if (!TcbStatuses.TryParse(IntelJson.Text(level, "tcbStatus"), out var status))
        {
            throw IntelJson.Unusable("tcbStatus");
        }

        var advisories = level.TryGetMember("advisoryIDs", out _)
            ? IntelJson.List(level, "advisoryIDs", MaxAdvisories).Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw IntelJson.Unusable("advisoryIDs"))
            : [];
        return new TcbVerdict(status, IntelJson.Time(level, "tcbDate"), [.. advisories]);
    }
}

/// <summary>A level of an enclave or module: it holds from a security version on.</summary>
/// <param name="SecurityVersion">The least one.</param>
/// <param name="Verdict">What holds then.</param>
internal sealed record EnclaveTcbLevel(int SecurityVersion, TcbVerdict Verdict)
{
    private const int MaxLevels = 64;

    /// <summary>Reads a list of levels, as Intel orders them: highest first.</summary>
    public static ImmutableArray<EnclaveTcbLevel> ReadAll(JsonElement owner) =>
        [.. IntelJson.List(owner, "tcbLevels", MaxLevels).Select(level => new EnclaveTcbLevel(IntelJson.Number(IntelJson.Object(level, "tcb"), "isvsvn"), TcbVerdict.Read(level)))];
}

/// <summary>A level of a platform: it holds if every component is at least as new.</summary>
/// <param name="Sgx">Least security versions of the 16 SGX components.</param>
/// <param name="PceSvn">Least security version of the provisioning enclave.</param>
/// <param name="Tdx">Least security versions of the 16 TDX components; empty for SGX.</param>
/// <param name="Verdict">What holds then.</param>
internal sealed record PlatformTcbLevel(ImmutableArray<int> Sgx, int PceSvn, ImmutableArray<int> Tdx, TcbVerdict Verdict)
{
    private const int Components = 16;

    public static PlatformTcbLevel Read(JsonElement level, bool isTdx)
    {
        var tcb = IntelJson.Object(level, "tcb");
        return new PlatformTcbLevel(
            ReadComponents(tcb, "sgxtcbcomponents"), IntelJson.Number(tcb, "pcesvn"), isTdx ? ReadComponents(tcb, "tdxtcbcomponents") : [], TcbVerdict.Read(level));
    }

    private static ImmutableArray<int> ReadComponents(JsonElement tcb, string name)
    {
        var components = IntelJson.List(tcb, name, Components).Select(component => IntelJson.Number(component, "svn")).ToImmutableArray();
        return components.Length == Components ? components : throw IntelJson.Unusable(name);
    }
}
