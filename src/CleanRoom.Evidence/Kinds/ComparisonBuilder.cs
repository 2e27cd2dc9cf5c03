using System.Collections.Immutable;

namespace CleanRoom.Evidence.Kinds;

/// <summary>Collects findings and notices of one comparison, in the order of the checks.</summary>
internal sealed class ComparisonBuilder
{
    private readonly ImmutableArray<Finding>.Builder _objections = ImmutableArray.CreateBuilder<Finding>();
    private readonly ImmutableArray<Notice>.Builder _notices = ImmutableArray.CreateBuilder<Notice>();

    /// <summary>Objects unless a check passed.</summary>
    public void Require(bool passed, RejectionReason reason, string field, string found, string approved)
    {
        if (!passed)
        {
            _objections.Add(new Finding(reason, field, found, approved));
        }
    }

    /// <summary>Objects unless a value is one of a list; a list that is null is not appraised.</summary>
    public void RequireListed(ValueSet? approved, ReadOnlySpan<byte> value, RejectionReason reason, string field)
    {
        if (approved is not null && !approved.Contains(value))
        {
            _objections.Add(new Finding(reason, field, Convert.ToHexStringLower(value), approved.ToString()));
        }
    }

    public void Add(Finding? finding)
    {
        if (finding is not null)
        {
            _objections.Add(finding);
        }
    }

    public void Note(NoticeCode code, string text) => _notices.Add(new Notice(code, text));

    public Comparison Build() => new(_objections.ToImmutable(), _notices.ToImmutable());
}
