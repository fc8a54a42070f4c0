def test_x(business):
    from store import assess as A
    import store.doors as D
    name = business.customer()
    business.invoice(name)
    business.assess(name, business.at(3))
    a=business.send(name, "first/email", business.at(3))
    p1=a.plan
    from domain.facts import Delivered
    business.record(name, Delivered(channel="email", step="first"), now=business.at(3,11))
    p2=business.assess(name,business.at(3,11)).plan
    for f in ('stage','effects','wake_at','allowed','owed'):
        if getattr(p1,f)!=getattr(p2,f): print(f,getattr(p1,f),getattr(p2,f))
    print(A.signature(p1),A.signature(p2)); assert 0
